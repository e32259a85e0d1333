import { css } from 'lit';

export const promptStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
  }
  .head {
    display: flex;
    justify-content: space-between;
    gap: var(--sw-space-2);
    align-items: baseline;
  }
  textarea {
    display: block;
    inline-size: 100%;
    min-block-size: 88px;
    max-block-size: 40svh;
    field-sizing: content;
    padding: var(--sw-space-3);
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
    font-size: max(1rem, var(--sw-size-m));
    line-height: 1.45;
    resize: vertical;
  }
  textarea[aria-invalid='true'] {
    border-color: var(--sw-danger);
  }
  textarea::placeholder {
    color: var(--sw-ink-soft);
    opacity: 1;
  }
  .meter {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
  }
  .bars {
    display: flex;
    gap: 3px;
  }
  .bar {
    inline-size: 22px;
    block-size: 5px;
    border-radius: 3px;
    background: var(--sw-line);
  }
  .bar.on {
    background: var(--sw-good);
  }
  .bar.over {
    background: var(--sw-accent-fill);
  }
  ul {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-1);
  }
  .note {
    display: flex;
    gap: var(--sw-space-2);
    font-size: var(--sw-size-s);
    color: var(--sw-ink-soft);
  }
  .note.bad {
    color: var(--sw-danger);
  }
  .note sw-icon {
    --sw-icon-size: 18px;
  }
  .unread {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 6px;
    font-size: var(--sw-size-s);
    color: var(--sw-ink-soft);
  }
  .unread b {
    padding: 0 6px;
    border-radius: 4px;
    background: var(--sw-raised);
    color: var(--sw-ink);
    font-weight: 550;
    text-decoration: underline wavy var(--sw-accent) 1px;
    text-underline-offset: 3px;
  }
  .examples {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
  }
  .examples .btn {
    min-block-size: var(--sw-target);
    padding: 6px var(--sw-space-3);
    border-radius: 22px;
    font-size: var(--sw-size-s);
    line-height: 1.25;
    text-align: start;
  }
`;
