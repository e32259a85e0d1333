import { css } from 'lit';

export const clipDialogStyles = css`
  dialog {
    inline-size: min(1040px, 100vw - 32px);
    block-size: min(760px, 100dvh - 32px);
    max-inline-size: none;
    max-block-size: none;
    padding: 0;
    border: 0;
    border-radius: var(--sw-radius-l);
    background: var(--sw-surface);
    color: var(--sw-ink);
    overflow: hidden;
    container-type: inline-size;
  }
  dialog::backdrop {
    background: rgb(12 10 8 / 0.72);
  }
  .body {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 340px;
    block-size: 100%;
  }
  .show {
    position: relative;
    min-block-size: 0;
    background: var(--sw-stage);
    color-scheme: dark;
  }
  video {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
  }
  .btn.close {
    position: absolute;
    z-index: 2;
    inset-block-start: 8px;
    inset-inline-end: 8px;
    background: var(--sw-raised);
    border-radius: 50%;
  }
  .side {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-4);
    padding: var(--sw-space-5);
    padding-block-start: 60px;
    overflow-y: auto;
  }
  .field {
    display: flex;
    flex-direction: column;
    gap: 4px;
    font-size: var(--sw-size-s);
    color: var(--sw-ink-soft);
  }
  .field input,
  .field select {
    inline-size: 100%;
    min-block-size: var(--sw-target);
    padding: 0 10px;
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
    color: var(--sw-ink);
    font-size: max(1rem, var(--sw-size-m));
  }
  .facts {
    display: flex;
    flex-direction: column;
    gap: 2px;
  }
  .grid {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: var(--sw-space-2);
  }
  .grid .btn {
    padding-inline: var(--sw-space-2);
  }
  .whole {
    grid-column: 1 / -1;
  }
  ul {
    font-size: var(--sw-size-s);
    color: var(--sw-ink-soft);
  }
  .last {
    margin-block-start: auto;
    align-self: flex-start;
  }
  @container (max-width: 720px) {
    .body {
      display: flex;
      flex-direction: column;
      overflow-y: auto;
    }
    .show {
      flex: none;
      block-size: 52cqh;
      block-size: 46dvh;
    }
    .side {
      padding: var(--sw-space-4);
      overflow: visible;
      flex: none;
    }
  }
`;
