import { css } from 'lit';

/** What every element of the interface shares: box model, type, focus ring, buttons, hidden text. */
export const sharedStyles = css`
  :host {
    font-family: var(--sw-font);
    font-size: var(--sw-size-m);
    line-height: 1.45;
    color: var(--sw-ink);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  figure,
  fieldset,
  dl,
  dd {
    margin: 0;
    padding: 0;
    border: 0;
    min-inline-size: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1,
  h2,
  h3 {
    line-height: 1.2;
    font-weight: 650;
    letter-spacing: -0.01em;
    text-wrap: balance;
  }
  h1 {
    font-size: var(--sw-size-xl);
  }
  h2 {
    font-size: var(--sw-size-l);
  }
  h3 {
    font-size: var(--sw-size-m);
  }
  button,
  input,
  textarea,
  select {
    font: inherit;
    color: inherit;
  }
  a {
    color: var(--sw-accent);
    text-underline-offset: 3px;
  }
  :focus-visible {
    outline: 3px solid var(--sw-accent);
    outline-offset: 2px;
  }
  .vh {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .soft {
    color: var(--sw-ink-soft);
  }
  .small {
    font-size: var(--sw-size-s);
  }
  .num {
    font-variant-numeric: tabular-nums;
  }
  .btn {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--sw-space-2);
    min-block-size: var(--sw-target);
    min-inline-size: var(--sw-target);
    padding: 0 var(--sw-space-4);
    border: 1px solid var(--sw-line);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
    color: var(--sw-ink);
    font-weight: 550;
    text-decoration: none;
    cursor: pointer;
    transition:
      background var(--sw-quick) var(--sw-ease),
      border-color var(--sw-quick) var(--sw-ease);
  }
  .btn:hover {
    background: var(--sw-raised);
  }
  .btn:active {
    border-color: var(--sw-line-strong);
  }
  .btn:disabled,
  .btn[aria-disabled='true'] {
    opacity: 0.55;
    cursor: default;
  }
  .btn.primary {
    border-color: transparent;
    background: var(--sw-accent-fill);
    color: var(--sw-on-accent);
    font-weight: 650;
  }
  .btn.primary:hover {
    background: color-mix(in srgb, var(--sw-accent-fill), white 14%);
  }
  .btn.quiet {
    border-color: transparent;
    background: transparent;
  }
  .btn.quiet:hover {
    background: var(--sw-raised);
  }
  .btn.danger {
    color: var(--sw-danger);
  }
  .btn.icon {
    padding: 0;
    inline-size: var(--sw-target);
  }
  sw-icon {
    flex: none;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      transition: none !important;
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
    }
  }
  @media (forced-colors: active) {
    .btn {
      border-color: ButtonText;
    }
  }
`;
