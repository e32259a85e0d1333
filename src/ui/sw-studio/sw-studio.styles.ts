import { css } from 'lit';

export const studioStyles = css`
  :host {
    display: block;
    min-block-size: 100%;
  }
  .open {
    display: grid;
    grid-template-columns: minmax(0, 1fr) 372px;
    block-size: max(100%, 560px);
  }
  .only {
    display: flex;
    flex-direction: column;
    block-size: max(100%, 420px);
  }
  .main {
    display: flex;
    flex-direction: column;
    min-inline-size: 0;
    min-block-size: 0;
  }
  sw-stage {
    flex: 1 1 0;
    min-block-size: 260px;
  }
  .wide sw-stage {
    --sw-stage-pad: 24px;
  }
  .wide sw-preset-strip {
    --tile: 96px;
    --tile-height: 96px;
  }
  .panel {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    border-inline-start: 1px solid var(--sw-line);
    background: var(--sw-surface);
  }
  .scroll {
    flex: 1;
    min-block-size: 0;
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-5);
    padding: var(--sw-space-5);
    overflow-y: auto;
    scrollbar-width: thin;
  }
  .bar {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
    padding: var(--sw-space-4) var(--sw-space-5);
    border-block-start: 1px solid var(--sw-line);
    background: var(--sw-surface);
  }
  .bar sw-job::part(card) {
    padding: 0;
    background: none;
    box-shadow: none;
    backdrop-filter: none;
  }
  .make {
    inline-size: 100%;
    min-block-size: 56px;
    padding-block: 6px;
    font-size: 1.0625rem;
  }
  .make small {
    font-size: var(--sw-size-s);
    font-weight: 500;
  }
  .make .lines {
    display: flex;
    flex-direction: column;
    line-height: 1.2;
  }
  .sizes {
    text-align: center;
  }
  .refused {
    display: flex;
    gap: var(--sw-space-2);
    color: var(--sw-danger);
    font-size: var(--sw-size-s);
  }
  .note {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-2) var(--sw-space-3);
    padding: var(--sw-space-2) var(--sw-space-4);
    border-block-end: 1px solid var(--sw-line);
    background: var(--sw-accent-wash);
    font-size: var(--sw-size-s);
  }
  .note p {
    flex: 1 1 220px;
  }
  .note .btn {
    background: var(--sw-surface);
  }
  .narrow {
    display: flex;
    flex-direction: column;
    min-block-size: 100%;
  }
  .narrow .main {
    flex: 1 1 auto;
  }
  .narrow sw-stage {
    flex: 1 1 auto;
    block-size: clamp(260px, 52svh, 640px);
  }
  .narrow.writing sw-stage {
    flex: none;
    block-size: clamp(220px, 34svh, 420px);
  }
  .narrow sw-preset-strip {
    --tile: 92px;
    --tile-height: 84px;
  }
  .narrow .extra {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-4);
    padding: var(--sw-space-1) var(--sw-space-4) var(--sw-space-4);
  }
  .narrow .extra:empty {
    display: none;
  }
  .narrow .bar {
    position: sticky;
    z-index: 2;
    inset-block-end: 0;
    padding: var(--sw-space-3) var(--sw-space-4) max(var(--sw-space-3), env(safe-area-inset-bottom));
  }
  .narrow .row {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: var(--sw-space-2);
  }
  .summary {
    min-block-size: 56px;
    padding-inline: var(--sw-space-3);
    font-size: var(--sw-size-s);
    line-height: 1.25;
    text-align: start;
  }
  dialog {
    inline-size: 100%;
    max-inline-size: 640px;
    max-block-size: 88svh;
    margin: auto auto 0;
    padding: 0;
    border: 0;
    border-radius: 20px 20px 0 0;
    background: var(--sw-surface);
    color: var(--sw-ink);
    overflow: hidden;
  }
  dialog[open] {
    display: flex;
    flex-direction: column;
    animation: rise var(--sw-calm) var(--sw-ease);
  }
  dialog::backdrop {
    background: rgb(12 10 8 / 0.55);
  }
  .sheet-head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: var(--sw-space-2) var(--sw-space-2) 0 var(--sw-space-4);
  }
  .sheet-body {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-5);
    padding: var(--sw-space-3) var(--sw-space-4) max(var(--sw-space-5), env(safe-area-inset-bottom));
    overflow-y: auto;
  }
  @keyframes rise {
    from {
      translate: 0 24px;
      opacity: 0;
    }
  }
`;
