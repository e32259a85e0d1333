import { css } from 'lit';

export const welcomeStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .page {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-6);
    max-inline-size: 1160px;
    margin-inline: auto;
    padding: var(--sw-space-7) var(--sw-space-5) var(--sw-space-6);
  }
  .intro {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
    text-align: center;
    align-items: center;
  }
  h1 {
    font-size: clamp(1.75rem, 4.4cqi, 2.75rem);
    letter-spacing: -0.025em;
  }
  .intro p {
    font-size: var(--sw-size-l);
    text-wrap: balance;
  }
  .samples {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(200px, 1fr));
    gap: var(--sw-space-4);
  }
  .others {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: var(--sw-space-2) var(--sw-space-3);
    margin-block-start: var(--sw-space-4);
  }
  .others button {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    min-block-size: 48px;
    padding: 4px 16px 4px 4px;
    padding-inline: 4px 16px;
    border: 1px solid var(--sw-line);
    border-radius: 24px;
    background: var(--sw-surface);
    font-weight: 550;
    cursor: pointer;
  }
  .others button:hover {
    background: var(--sw-raised);
  }
  .others img {
    inline-size: 40px;
    block-size: 40px;
    border-radius: 50%;
    object-fit: cover;
    object-position: 50% 18%;
  }
  .sample {
    position: relative;
    display: block;
    inline-size: 100%;
    padding: 0;
    border: 0;
    border-radius: var(--sw-radius-l);
    overflow: hidden;
    background: var(--sw-raised);
    cursor: pointer;
    aspect-ratio: 4 / 5;
    box-shadow: var(--sw-shadow);
    transition: transform var(--sw-calm) var(--sw-ease);
  }
  .sample:hover {
    transform: translateY(-3px);
  }
  .sample img {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
    object-position: 50% 22%;
  }
  .sample .name {
    position: absolute;
    inset-inline: 0;
    inset-block-end: 0;
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: 40px var(--sw-space-4) var(--sw-space-3);
    background: linear-gradient(to top, rgb(12 10 8 / 0.86), rgb(12 10 8 / 0.6) 45%, rgb(12 10 8 / 0));
    color: #fff;
    font-weight: 600;
    text-align: start;
  }
  .play {
    display: grid;
    place-items: center;
    flex: none;
    inline-size: 36px;
    block-size: 36px;
    border-radius: 50%;
    background: var(--sw-accent-fill);
    color: var(--sw-on-accent);
    --sw-icon-size: 18px;
  }
  .drop {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--sw-space-3);
    padding: var(--sw-space-5) var(--sw-space-4);
    border: 1.5px dashed var(--sw-line-strong);
    border-radius: var(--sw-radius-l);
    text-align: center;
  }
  .drop .btn {
    min-block-size: 52px;
    padding-inline: var(--sw-space-5);
    font-size: 1rem;
  }
  h2 {
    margin-block-end: var(--sw-space-3);
  }
  .recent {
    display: flex;
    gap: var(--sw-space-3);
    overflow-x: auto;
    padding: 4px;
    margin: -4px;
  }
  .recent button {
    flex: none;
    inline-size: 88px;
    block-size: 88px;
    padding: 0;
    border: 0;
    border-radius: var(--sw-radius-m);
    overflow: hidden;
    background: var(--sw-raised);
    cursor: pointer;
  }
  .recent img {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
    object-position: 50% 22%;
  }
  .banner {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-3);
    padding: var(--sw-space-3) var(--sw-space-4);
    border-radius: var(--sw-radius-m);
    background: var(--sw-accent-wash);
  }
  .banner p {
    flex: 1 1 220px;
  }
  @container (max-width: 640px) {
    .page {
      gap: var(--sw-space-5);
      padding: var(--sw-space-5) var(--sw-space-4);
    }
    .samples {
      grid-template-columns: 1fr 1fr;
      gap: var(--sw-space-3);
    }
    .sample .name {
      padding: 32px var(--sw-space-3) 10px;
      font-size: var(--sw-size-s);
    }
    .play {
      inline-size: 30px;
      block-size: 30px;
      --sw-icon-size: 14px;
    }
  }
`;
