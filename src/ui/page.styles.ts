import { css } from 'lit';

/** Pages of text: a readable column with cards. */
export const pageStyles = css`
  :host {
    display: block;
  }
  .page {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-5);
    max-inline-size: 820px;
    margin-inline: auto;
    padding: var(--sw-space-6) var(--sw-space-4) var(--sw-space-7);
  }
  .lead {
    font-size: var(--sw-size-l);
    color: var(--sw-ink-soft);
    max-inline-size: 60ch;
  }
  .card {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-3);
    padding: var(--sw-space-5);
    border: 1px solid var(--sw-line);
    border-radius: var(--sw-radius-l);
    background: var(--sw-surface);
  }
  .card-head {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
  }
  .facts {
    display: grid;
    grid-template-columns: minmax(110px, max-content) 1fr;
    gap: 6px var(--sw-space-4);
  }
  .facts dt {
    color: var(--sw-ink-soft);
  }
  .facts dd {
    overflow-wrap: anywhere;
  }
  .list {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
  }
  .list li {
    display: flex;
    gap: var(--sw-space-3);
  }
  .list sw-icon {
    margin-block-start: 1px;
    color: var(--sw-ink-soft);
  }
  .good {
    color: var(--sw-good);
  }
  .bad {
    color: var(--sw-danger);
  }
`;
