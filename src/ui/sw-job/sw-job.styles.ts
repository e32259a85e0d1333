import { css } from 'lit';

export const jobStyles = css`
  :host {
    display: block;
  }
  .card {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-3);
    padding: var(--sw-space-4);
    border-radius: var(--sw-radius-l);
    background: color-mix(in srgb, var(--sw-surface) 94%, transparent);
    backdrop-filter: blur(14px);
    box-shadow: var(--sw-shadow);
  }
  .head {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: var(--sw-space-3);
  }
  .percent {
    font-size: var(--sw-size-l);
    font-weight: 650;
  }
  .track {
    position: relative;
    block-size: 8px;
    border-radius: 4px;
    background: var(--sw-line);
    overflow: hidden;
  }
  .fill {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    inline-size: var(--done);
    border-radius: 4px;
    background: var(--sw-accent-fill);
    transition: inline-size var(--sw-calm) linear;
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--sw-space-2);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--sw-space-2);
  }
  .bad {
    color: var(--sw-danger);
    display: flex;
    gap: var(--sw-space-2);
    align-items: center;
  }
`;
