import { css } from 'lit';

export const accountStyles = css`
  .tier {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--sw-space-3);
  }
  .tier h2 {
    font-size: var(--sw-size-xl);
  }
  .error {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    padding: var(--sw-space-2) var(--sw-space-4);
    border-radius: var(--sw-radius-m);
    background: var(--sw-danger-wash);
  }
  .error p {
    flex: 1;
  }
  .bar {
    display: flex;
    gap: 2px;
    block-size: 16px;
    border-radius: 8px;
    background: var(--sw-raised);
    overflow: hidden;
  }
  .bar span {
    flex: var(--part, 0) 0 0;
  }
  .here,
  .dot.here {
    background: var(--sw-accent-fill);
  }
  .reserved,
  .dot.reserved {
    background: repeating-linear-gradient(135deg, var(--sw-accent-fill) 0 3px, var(--sw-surface) 3px 6px);
  }
  .service,
  .dot.service {
    background: var(--sw-line-strong);
  }
  .parts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(180px, 1fr));
    gap: var(--sw-space-3);
  }
  .parts dt {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    color: var(--sw-ink-soft);
    font-size: var(--sw-size-s);
  }
  .parts dd {
    font-size: var(--sw-size-l);
    font-weight: 650;
  }
  .dot {
    flex: none;
    inline-size: 12px;
    block-size: 12px;
    border: 1px solid var(--sw-line-strong);
    border-radius: 3px;
  }
  details {
    border-block-start: 1px solid var(--sw-line);
  }
  summary {
    display: flex;
    align-items: center;
    justify-content: space-between;
    min-block-size: var(--sw-target);
    font-weight: 600;
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
    font-size: var(--sw-size-s);
  }
  th,
  td {
    padding: 8px 12px 8px 0;
    text-align: start;
    vertical-align: top;
  }
  td {
    border-block-start: 1px solid var(--sw-line);
  }
  th:last-child,
  td:last-child {
    padding-inline-end: 0;
    text-align: end;
  }
  .code {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-3);
  }
  code {
    flex: 1 1 240px;
    min-inline-size: 0;
    padding: 10px var(--sw-space-3);
    border-radius: var(--sw-radius-m);
    background: var(--sw-raised);
    overflow-wrap: anywhere;
    user-select: all;
  }
`;
