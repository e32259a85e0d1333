import { css } from 'lit';

export const presetStripStyles = css`
  :host {
    display: block;
    --tile: 104px;
  }
  .strip {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: minmax(var(--tile), 1fr);
    gap: var(--sw-space-2);
    padding: var(--sw-space-2) var(--sw-space-4) var(--sw-space-3);
    overflow-x: auto;
    scroll-snap-type: x proximity;
    scroll-padding-inline: var(--sw-space-4);
    scrollbar-width: thin;
    overscroll-behavior-x: contain;
  }
  .tile {
    position: relative;
    display: flex;
    flex-direction: column;
    gap: 6px;
    padding: 4px 4px 6px;
    border: 0;
    border-radius: var(--sw-radius-m);
    background: transparent;
    text-align: start;
    cursor: pointer;
    scroll-snap-align: start;
    transition: background var(--sw-quick) var(--sw-ease);
  }
  .tile:hover {
    background: var(--sw-raised);
  }
  .pic {
    position: relative;
    display: grid;
    place-items: center;
    inline-size: 100%;
    block-size: var(--tile-height, 88px);
    overflow: hidden;
    border-radius: 8px;
    background: var(--sw-raised);
    color: var(--sw-ink-soft);
    box-shadow: 0 0 0 0 transparent;
    transition: box-shadow var(--sw-quick) var(--sw-ease);
  }
  .pic canvas,
  .pic img {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
    object-position: 50% 30%;
  }
  .tile[aria-checked='true'] .pic {
    box-shadow:
      0 0 0 2px var(--sw-bg),
      0 0 0 4.5px var(--sw-accent);
  }
  .tile[aria-checked='true'] .name {
    color: var(--sw-accent);
  }
  .name {
    display: block;
    padding-inline: 2px;
    font-size: var(--sw-size-s);
    font-weight: 600;
    line-height: 1.2;
  }
  .tile:focus-visible {
    outline-offset: -2px;
  }
  .own {
    background: var(--sw-accent-wash);
    color: var(--sw-accent);
  }
  @media (max-height: 700px) {
    .pic {
      block-size: 64px;
    }
  }
`;
