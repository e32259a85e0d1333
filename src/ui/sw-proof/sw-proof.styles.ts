import { css } from 'lit';

export const proofStyles = css`
  .numbers {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(180px, 1fr));
    gap: var(--sw-space-3);
  }
  .number {
    padding: var(--sw-space-4);
    border: 1px solid var(--sw-line);
    border-radius: var(--sw-radius-l);
    background: var(--sw-surface);
  }
  .number b {
    display: block;
    font-size: 2rem;
    line-height: 1.1;
    font-weight: 680;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: var(--sw-size-s);
  }
  th {
    padding: 6px 12px 6px 0;
    text-align: start;
    font-weight: 600;
    color: var(--sw-ink-soft);
  }
  td {
    padding: 8px 12px 8px 0;
    border-block-start: 1px solid var(--sw-line);
    vertical-align: top;
  }
  td:first-child {
    overflow-wrap: anywhere;
    font-family: ui-monospace, 'Liberation Mono', monospace;
  }
  td:last-child,
  th:last-child {
    padding-inline-end: 0;
    text-align: end;
    white-space: nowrap;
  }
`;
