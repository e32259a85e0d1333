import { css } from 'lit';

export const clipActionsStyles = css`
  :host {
    display: block;
  }
  .card {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-3);
  }
  .head {
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
  .saved {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--sw-good);
    --sw-icon-size: 18px;
  }
  .main {
    display: grid;
    grid-auto-flow: column;
    grid-auto-columns: 1fr;
    gap: var(--sw-space-2);
  }
  .main .btn {
    min-block-size: 48px;
    padding-inline: var(--sw-space-2);
  }
`;
