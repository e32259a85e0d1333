import { css } from 'lit';

export const queueStyles = css`
  :host {
    display: block;
  }
  .head {
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    margin-block-end: var(--sw-space-2);
  }
  li {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    padding-block: var(--sw-space-1);
    border-block-start: 1px solid var(--sw-line);
  }
  .open {
    flex: 1;
    min-inline-size: 0;
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    min-block-size: 56px;
    padding: var(--sw-space-1);
    border: 0;
    border-radius: var(--sw-radius-s);
    background: transparent;
    text-align: start;
    cursor: pointer;
  }
  .open:hover {
    background: var(--sw-raised);
  }
  img,
  .blank {
    flex: none;
    inline-size: 44px;
    block-size: 44px;
    border-radius: var(--sw-radius-s);
    object-fit: cover;
    object-position: 50% 22%;
    background: var(--sw-raised);
  }
  .text {
    flex: 1;
    min-inline-size: 0;
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 550;
  }
  .bad {
    color: var(--sw-danger);
  }
  .good {
    color: var(--sw-good);
  }
  .track {
    block-size: 4px;
    border-radius: 2px;
    background: var(--sw-line);
    overflow: hidden;
  }
  .fill {
    block-size: 100%;
    inline-size: var(--done);
    background: var(--sw-accent-fill);
  }
  .tools {
    display: flex;
    margin-inline-end: -8px;
  }
  .tools .btn {
    --sw-icon-size: 18px;
  }
`;
