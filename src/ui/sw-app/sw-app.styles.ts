import { css } from 'lit';

export const appStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    block-size: 100dvh;
    background: var(--sw-bg);
    container-type: inline-size;
    overflow: hidden;
  }
  .skip {
    position: absolute;
    z-index: 30;
    inset-block-start: -80px;
    inset-inline-start: 12px;
  }
  .skip:focus {
    inset-block-start: 8px;
  }
  header {
    flex: none;
    display: grid;
    grid-template-columns: 1fr auto 1fr;
    align-items: center;
    gap: var(--sw-space-3);
    min-block-size: 60px;
    padding-inline: var(--sw-space-5) var(--sw-space-4);
    border-block-end: 1px solid var(--sw-line);
    background: var(--sw-surface);
  }
  .home {
    justify-self: start;
    display: inline-flex;
    align-items: center;
    min-block-size: var(--sw-target);
    color: var(--sw-ink);
    text-decoration: none;
    border-radius: var(--sw-radius-s);
  }
  nav {
    display: flex;
    gap: var(--sw-space-1);
  }
  nav a {
    position: relative;
    display: inline-flex;
    align-items: center;
    gap: 8px;
    min-block-size: var(--sw-target);
    padding-inline: 14px;
    border-radius: var(--sw-radius-m);
    color: var(--sw-ink-soft);
    font-weight: 550;
    text-decoration: none;
  }
  nav a:hover {
    color: var(--sw-ink);
    background: var(--sw-raised);
  }
  nav a[aria-current='page'] {
    color: var(--sw-ink);
  }
  nav a[aria-current='page']::after {
    content: '';
    position: absolute;
    inset-inline: 14px;
    inset-block-end: 3px;
    block-size: 3px;
    border-radius: 2px;
    background: var(--sw-accent-fill);
  }
  .side {
    justify-self: end;
    display: flex;
    align-items: center;
    gap: var(--sw-space-1);
    min-inline-size: 0;
  }
  .private {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 7px;
    min-block-size: var(--sw-target);
    min-inline-size: var(--sw-target);
    padding-inline: 10px;
    border-radius: var(--sw-radius-m);
    color: var(--sw-ink-soft);
    font-size: var(--sw-size-s);
    text-decoration: none;
    white-space: nowrap;
    --sw-icon-size: 18px;
  }
  .private:hover {
    background: var(--sw-raised);
    color: var(--sw-ink);
  }
  .offline {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 4px 10px;
    border-radius: 14px;
    background: var(--sw-accent-wash);
    color: var(--sw-accent);
    font-size: var(--sw-size-s);
    font-weight: 600;
    --sw-icon-size: 16px;
  }
  .offline-line {
    flex: none;
    padding: 8px var(--sw-space-4);
    background: var(--sw-accent-wash);
    font-size: var(--sw-size-s);
    text-align: center;
    text-wrap: balance;
  }
  main {
    flex: 1;
    min-block-size: 0;
    overflow-y: auto;
    overflow-x: hidden;
    outline: none;
  }
  main > * {
    min-block-size: 100%;
  }
  main > sw-studio {
    block-size: 100%;
  }
  .over {
    position: absolute;
    z-index: 15;
    inset: 0;
    display: grid;
    place-items: center;
    background: rgb(12 10 8 / 0.72);
    color: #fff;
    font-size: var(--sw-size-xl);
    font-weight: 650;
    pointer-events: none;
  }
  .over span {
    padding: var(--sw-space-6) var(--sw-space-7);
    border: 3px dashed var(--sw-accent-fill);
    border-radius: var(--sw-radius-l);
  }
  .foot {
    flex: none;
    display: none;
  }
  @container (max-width: 1080px) {
    .private .words {
      display: none;
    }
  }
  @container (max-width: 640px) {
    header {
      grid-template-columns: auto 1fr;
      min-block-size: 52px;
      padding-inline: var(--sw-space-3) 4px;
      gap: 0;
    }
    .home .words {
      position: absolute;
      clip-path: inset(50%);
    }
    nav {
      order: 2;
      justify-self: end;
      gap: 0;
    }
    nav a {
      padding-inline: 9px;
      font-size: var(--sw-size-s);
    }
    nav a[aria-current='page']::after {
      inset-inline: 9px;
    }
    nav sw-icon {
      display: none;
    }
    header .side {
      order: 3;
      display: contents;
    }
    header {
      grid-template-columns: auto 1fr auto auto auto;
    }
    .side .private {
      padding-inline: 0;
      justify-content: center;
      inline-size: 44px;
    }
    .offline {
      padding: 4px 8px;
      order: 4;
    }
    .offline .words {
      display: none;
    }
    /* The line below says the same, and there is no room for both beside four pages. */
    nav.four ~ .side .offline {
      display: none;
    }
    .private,
    .theme {
      order: 5;
    }
    .foot {
      display: block;
      padding: 6px var(--sw-space-4) max(8px, env(safe-area-inset-bottom));
      border-block-start: 1px solid var(--sw-line);
      background: var(--sw-surface);
      font-size: var(--sw-size-s);
      color: var(--sw-ink-soft);
      text-align: center;
    }
  }
  /* Four pages on a phone: narrower gaps, so that nothing leaves the screen. */
  @container (max-width: 430px) {
    nav.four a {
      padding-inline: 5px;
    }
    nav.four a[aria-current='page']::after {
      inset-inline: 5px;
    }
  }
  /* Twice as large on a phone: the mark gives way, for the first page is where it leads too. */
  @container (max-width: 350px) {
    header:has(nav.four) .home {
      display: none;
    }
    nav.four a {
      padding-inline: 2px;
    }
    nav.four a[aria-current='page']::after {
      inset-inline: 2px;
    }
    header:has(nav.four) {
      grid-template-columns: 1fr auto auto;
      padding-inline: 4px;
    }
  }
`;
