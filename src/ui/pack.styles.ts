import { css } from 'lit';

/** What the parts of the page of packs share: a card's head, facts, boxes to tick, warnings, a row of buttons. */
export const packStyles = css`
  :host {
    display: block;
  }
  header {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-1);
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: var(--sw-space-1) var(--sw-space-3);
  }
  h2,
  h3 {
    overflow-wrap: anywhere;
  }
  h2:focus {
    outline: none;
  }
  .verdict {
    font-weight: 600;
  }
  .facts {
    grid-template-columns: minmax(92px, max-content) 1fr;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--sw-space-2);
  }
  .warn {
    display: flex;
    gap: var(--sw-space-3);
    padding: var(--sw-space-3) var(--sw-space-4);
    border-radius: var(--sw-radius-m);
    background: var(--sw-accent-wash);
  }
  .warn.bad {
    background: var(--sw-danger-wash);
    color: var(--sw-danger);
  }
  .warn > div {
    display: flex;
    flex: 1;
    flex-direction: column;
    gap: var(--sw-space-2);
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .warn .btn {
    color: var(--sw-ink);
    align-self: start;
  }
  .box {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    min-block-size: var(--sw-target);
    font-weight: 600;
    cursor: pointer;
  }
  .box input {
    flex: none;
    inline-size: 22px;
    block-size: 22px;
    margin: 0;
    accent-color: var(--sw-accent-fill);
  }
  .box.asked {
    outline: 2px solid var(--sw-danger);
    outline-offset: 4px;
    border-radius: var(--sw-radius-s);
  }
  details > summary {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    min-block-size: var(--sw-target);
    font-weight: 600;
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary sw-icon {
    transition: transform var(--sw-quick) var(--sw-ease);
  }
  details[open] > summary sw-icon {
    transform: rotate(45deg);
  }
  pre {
    margin: 0;
    max-block-size: 260px;
    overflow: auto;
    padding: var(--sw-space-3);
    border: 1px solid var(--sw-line);
    border-radius: var(--sw-radius-m);
    background: var(--sw-bg);
    font-family: inherit;
    font-size: var(--sw-size-s);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .files {
    font-family: ui-monospace, 'Liberation Mono', monospace;
    font-size: var(--sw-size-s);
    overflow-wrap: anywhere;
  }
  .spinner {
    flex: none;
    inline-size: 20px;
    block-size: 20px;
    border: 3px solid var(--sw-line);
    border-block-start-color: var(--sw-accent-fill);
    border-radius: 50%;
    animation: turn 900ms linear infinite;
  }
  .waiting {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
`;
