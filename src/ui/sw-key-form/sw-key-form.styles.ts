import { css } from 'lit';

export const keyFormStyles = css`
  form {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-4);
  }
  .field {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-1);
  }
  label {
    font-weight: 600;
  }
  input {
    min-block-size: 48px;
    inline-size: 100%;
    padding-inline: var(--sw-space-3);
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
  }
  .key {
    font-family: ui-monospace, 'Liberation Mono', monospace;
    text-transform: uppercase;
  }
  .key::placeholder {
    color: var(--sw-ink-soft);
  }
  input[aria-invalid='true'] {
    border-color: var(--sw-danger);
  }
  .btn {
    align-self: start;
  }
`;
