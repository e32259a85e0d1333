import { css } from 'lit';

export const plannerStyles = css`
  .items {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr));
    gap: var(--sw-space-2) var(--sw-space-5);
  }
  label {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--sw-space-3);
    min-block-size: var(--sw-target);
  }
  .text {
    display: flex;
    flex-direction: column;
  }
  .text span:first-child::first-letter {
    text-transform: uppercase;
  }
  input {
    flex: none;
    inline-size: 96px;
    min-block-size: var(--sw-target);
    padding-inline: var(--sw-space-3);
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
    text-align: end;
  }
  .budget {
    justify-content: start;
    flex-wrap: wrap;
    gap: var(--sw-space-1) var(--sw-space-3);
  }
  select {
    min-block-size: var(--sw-target);
    max-inline-size: 100%;
    padding-inline: var(--sw-space-3);
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
  }
  output {
    display: flex;
    flex-wrap: wrap;
    gap: var(--sw-space-2) var(--sw-space-6);
    align-items: baseline;
    padding-block-start: var(--sw-space-3);
    border-block-start: 1px solid var(--sw-line);
  }
  output b {
    display: block;
    font-size: var(--sw-size-l);
  }
`;
