import { css } from 'lit';

export const tiersStyles = css`
  .scroll {
    overflow-x: auto;
    margin-inline: calc(-1 * var(--sw-space-5));
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: var(--sw-size-s);
  }
  th,
  td {
    padding: 10px 12px;
    text-align: start;
    vertical-align: top;
    border-block-start: 1px solid var(--sw-line);
  }
  thead th,
  thead td {
    border: 0;
    white-space: nowrap;
    font-size: var(--sw-size-m);
  }
  thead small {
    display: block;
    min-block-size: 1.4em;
    font-size: var(--sw-size-s);
    font-weight: 550;
    color: var(--sw-accent);
  }
  tbody th,
  thead td {
    position: sticky;
    z-index: 1;
    inset-inline-start: 0;
    padding-inline-start: var(--sw-space-5);
    background: var(--sw-surface);
  }
  tbody th {
    inline-size: 28%;
    min-inline-size: 124px;
    font-weight: 550;
    color: var(--sw-ink-soft);
  }
  td {
    min-inline-size: 84px;
  }
  .note {
    display: block;
    font-weight: 400;
  }
  tr > :last-child {
    padding-inline-end: var(--sw-space-5);
  }
  .mine {
    background: var(--sw-accent-wash);
  }
  thead .mine {
    border-start-start-radius: var(--sw-radius-m);
    border-start-end-radius: var(--sw-radius-m);
  }
`;
