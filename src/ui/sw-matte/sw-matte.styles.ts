import { css } from 'lit';

export const matteStyles = css`
  :host {
    display: block;
  }
  h3 {
    margin-block-end: var(--sw-space-2);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: var(--sw-space-2);
  }
  button,
  .own {
    position: relative;
    inline-size: 44px;
    block-size: 44px;
    padding: 0;
    border: 3px solid var(--sw-surface);
    border-radius: 50%;
    background: var(--colour);
    box-shadow: 0 0 0 1px var(--sw-line-strong);
    cursor: pointer;
  }
  [aria-pressed='true'] {
    box-shadow: 0 0 0 3px var(--sw-accent);
  }
  .own {
    overflow: hidden;
    background: conic-gradient(#d95, #dd6, #6c8, #6ad, #b7d, #d95);
  }
  .own input {
    position: absolute;
    inset: -8px;
    inline-size: 60px;
    block-size: 60px;
    opacity: 0;
    cursor: pointer;
  }
  .own:has(:focus-visible) {
    outline: 3px solid var(--sw-accent);
    outline-offset: 2px;
  }
`;
