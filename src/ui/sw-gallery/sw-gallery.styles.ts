import { css } from 'lit';

export const galleryStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .page {
    max-inline-size: 1320px;
    margin-inline: auto;
    padding: var(--sw-space-5) var(--sw-space-5) 96px;
  }
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-3);
    margin-block-end: var(--sw-space-4);
  }
  .top h1 {
    flex: 1;
  }
  .who {
    display: flex;
    gap: var(--sw-space-2);
    margin-block-end: var(--sw-space-5);
    padding: 4px;
    margin-inline: -4px;
    overflow-x: auto;
    scrollbar-width: thin;
  }
  .who a {
    flex: none;
    display: inline-flex;
    align-items: center;
    gap: 8px;
    min-block-size: 44px;
    padding-inline: 6px 14px;
    border: 1px solid var(--sw-line);
    border-radius: 22px;
    background: var(--sw-surface);
    color: var(--sw-ink);
    font-weight: 550;
    text-decoration: none;
  }
  .who a.all {
    padding-inline: 14px;
  }
  .who a[aria-current='true'] {
    border-color: var(--sw-accent);
    box-shadow: 0 0 0 1px var(--sw-accent);
    color: var(--sw-accent);
  }
  .who img {
    inline-size: 32px;
    block-size: 32px;
    border-radius: 50%;
    object-fit: cover;
    object-position: 50% 20%;
  }
  section.of {
    margin-block-end: var(--sw-space-6);
  }
  .of-head {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    margin-block-end: var(--sw-space-2);
  }
  .of-head input {
    flex: 0 1 auto;
    field-sizing: content;
    min-inline-size: 80px;
    max-inline-size: 60cqi;
    min-block-size: 44px;
    padding: 0 8px;
    margin-inline-start: -8px;
    border: 1px solid transparent;
    border-radius: var(--sw-radius-s);
    background: transparent;
    font-size: var(--sw-size-l);
    font-weight: 650;
    text-overflow: ellipsis;
  }
  .of-head input:hover,
  .of-head input:focus {
    border-color: var(--sw-line-strong);
    background: var(--sw-surface);
  }
  .of-head .btn {
    margin-inline-start: auto;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(168px, 1fr));
    gap: var(--sw-space-4) var(--sw-space-3);
  }
  .grid li {
    min-inline-size: 0;
    content-visibility: auto;
    contain-intrinsic-size: auto 168px auto 240px;
  }
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--sw-space-3);
    padding: 14vh var(--sw-space-4);
    text-align: center;
    --sw-icon-size: 48px;
  }
  .empty > sw-icon {
    color: var(--sw-accent);
  }
  .store {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-3);
    padding-block-start: var(--sw-space-4);
    border-block-start: 1px solid var(--sw-line);
    font-size: var(--sw-size-s);
    color: var(--sw-ink-soft);
  }
  .selection {
    position: fixed;
    z-index: 10;
    inset-block-end: 16px;
    inset-inline: 16px;
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    max-inline-size: 560px;
    margin-inline: auto;
    padding: 8px 8px 8px 16px;
    border: 1px solid var(--sw-line);
    border-radius: 14px;
    background: var(--sw-surface);
    box-shadow: var(--sw-shadow);
  }
  .selection b {
    flex: 1;
  }
  .end {
    block-size: 1px;
  }
  @container (max-width: 640px) {
    .page {
      padding: var(--sw-space-4) var(--sw-space-4) 96px;
    }
    .grid {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .of-head .words {
      display: none;
    }
  }
`;
