import { css } from 'lit';

export const devicesStyles = css`
  li {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
    padding-block: var(--sw-space-2);
    border-block-start: 1px solid var(--sw-line);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--sw-space-2);
    min-block-size: var(--sw-target);
  }
  .text {
    flex: 1 1 200px;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .deactivated b {
    font-weight: 400;
    color: var(--sw-ink-soft);
  }
  h2:focus,
  #means:focus {
    outline: none;
  }
  .badge {
    margin-inline-start: var(--sw-space-2);
    padding: 2px 8px;
    border-radius: 10px;
    background: var(--sw-accent-wash);
    color: var(--sw-accent);
    font-size: var(--sw-size-s);
    font-weight: 600;
    white-space: nowrap;
  }
  .means {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-3);
    padding: var(--sw-space-3) var(--sw-space-4);
    border-radius: var(--sw-radius-m);
    background: var(--sw-raised);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--sw-space-2);
  }
`;
