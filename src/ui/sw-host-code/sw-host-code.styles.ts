import { css } from 'lit';

export const hostCodeStyles = css`
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
  form {
    display: flex;
    flex-direction: column;
    align-items: start;
    gap: var(--sw-space-2);
    padding-block-start: var(--sw-space-3);
    border-block-start: 1px solid var(--sw-line);
  }
  label {
    font-weight: 600;
  }
  textarea {
    inline-size: 100%;
    min-block-size: 72px;
    padding: 10px var(--sw-space-3);
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
    font-family: ui-monospace, 'Liberation Mono', monospace;
    font-size: var(--sw-size-s);
    resize: vertical;
    overflow-wrap: anywhere;
  }
  textarea[aria-invalid='true'] {
    border-color: var(--sw-danger);
  }
`;
