import { css } from 'lit';

export const lockedStyles = css`
  :host {
    display: block;
  }
  section {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
  }
  li + li {
    border-block-start: 1px solid var(--sw-line);
  }
  button {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    inline-size: 100%;
    min-block-size: var(--sw-target);
    padding: 0;
    border: 0;
    border-radius: var(--sw-radius-s);
    background: none;
    color: var(--sw-ink-soft);
    text-align: start;
    cursor: pointer;
    --sw-icon-size: 16px;
  }
  button:hover {
    color: var(--sw-ink);
  }
  .tier {
    margin-inline-start: auto;
    font-size: var(--sw-size-s);
  }
  .why {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 var(--sw-space-3);
    padding-block-end: var(--sw-space-1);
    font-size: var(--sw-size-s);
  }
  .why a {
    display: inline-flex;
    align-items: center;
    min-block-size: var(--sw-target);
    margin-inline-start: auto;
  }
`;
