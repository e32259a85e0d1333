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
  h2:focus {
    outline: none;
  }
  .said {
    display: flex;
    align-items: start;
    gap: var(--sw-space-2);
    --sw-icon-size: 20px;
  }
  .said.note {
    padding: var(--sw-space-3) var(--sw-space-4);
    border-radius: var(--sw-radius-m);
    background: var(--sw-accent-wash);
  }
  .error {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    padding-inline: var(--sw-space-4) var(--sw-space-1);
    padding-block: var(--sw-space-2);
    border-radius: var(--sw-radius-m);
    background: var(--sw-danger-wash);
  }
  .error p {
    flex: 1;
  }
`;
