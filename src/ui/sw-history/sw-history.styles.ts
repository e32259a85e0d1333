import { css } from 'lit';

export const historyStyles = css`
  .part {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
  }
  .part + .part {
    margin-block-start: var(--sw-space-3);
  }
  li {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: var(--sw-space-4);
    padding-block: var(--sw-space-2);
    border-block-start: 1px solid var(--sw-line);
  }
  .what {
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .change {
    flex: none;
    font-weight: 600;
  }
  .change.none {
    color: var(--sw-ink-soft);
    font-weight: 400;
  }
  .btn {
    align-self: start;
  }
`;
