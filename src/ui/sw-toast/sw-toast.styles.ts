import { css } from 'lit';

export const toastStyles = css`
  :host {
    position: fixed;
    z-index: 20;
    inset-block-end: var(--sw-toast-bottom, 24px);
    inset-inline: var(--sw-space-4);
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--sw-space-2);
    pointer-events: none;
    color-scheme: dark;
  }
  .toast {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    max-inline-size: 560px;
    min-block-size: 52px;
    padding: 4px 6px 4px var(--sw-space-4);
    border-radius: 14px;
    background: #2a2621;
    color: #f4efe6;
    box-shadow: 0 8px 32px rgb(0 0 0 / 0.4);
    pointer-events: auto;
    animation: rise var(--sw-calm) var(--sw-ease);
  }
  .toast.bad {
    background: #4a1c13;
  }
  .toast p {
    flex: 1;
    padding-block: 8px;
  }
  .btn {
    flex: none;
    border-color: transparent;
    background: transparent;
    color: #ffc766;
  }
  .btn:hover {
    background: rgb(255 255 255 / 0.1);
  }
  .btn.icon {
    color: inherit;
  }
  @keyframes rise {
    from {
      opacity: 0;
      translate: 0 8px;
    }
  }
`;
