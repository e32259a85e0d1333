import { css } from 'lit';

export const segmentsStyles = css`
  :host {
    display: block;
  }
  fieldset {
    display: flex;
    gap: 2px;
    padding: 3px;
    border-radius: var(--sw-radius-m);
    background: var(--sw-raised);
  }
  label {
    position: relative;
    flex: 1 1 0;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 2px;
    min-block-size: var(--sw-target);
    padding: 0 var(--sw-space-2);
    border-radius: 8px;
    text-align: center;
    font-weight: 550;
    color: var(--sw-ink-soft);
    cursor: pointer;
    white-space: nowrap;
    transition:
      background var(--sw-quick) var(--sw-ease),
      color var(--sw-quick) var(--sw-ease);
  }
  label:hover {
    color: var(--sw-ink);
  }
  label:has(:checked) {
    background: var(--sw-surface);
    color: var(--sw-ink);
    box-shadow:
      0 0 0 1.5px var(--sw-accent),
      0 1px 3px rgb(0 0 0 / 0.1);
  }
  .words {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    --sw-icon-size: 15px;
  }
  .locked,
  .locked input {
    cursor: default;
  }
  .locked:hover {
    color: var(--sw-ink-soft);
  }
  label:has(:focus-visible) {
    outline: 3px solid var(--sw-accent);
    outline-offset: 2px;
  }
  input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  label:has(.shape) {
    min-block-size: 60px;
    padding-block: 6px 5px;
    gap: 5px;
    font-size: var(--sw-size-s);
  }
  .shape {
    margin-block: auto 0;
    border: 1.75px solid currentColor;
    border-radius: 2px;
  }
`;
