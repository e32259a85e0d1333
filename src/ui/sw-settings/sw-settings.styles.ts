import { css } from 'lit';

export const settingsStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-5);
  }
  .row {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
  }
  .head {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: var(--sw-space-2);
  }
  h3 {
    font-size: var(--sw-size-m);
  }
  .range {
    position: relative;
  }
  input[type='range'] {
    display: block;
    inline-size: 100%;
    block-size: var(--sw-target);
    margin: 0;
    background: transparent;
    accent-color: var(--sw-accent-fill);
    appearance: none;
    cursor: pointer;
  }
  input[type='range']::-webkit-slider-runnable-track {
    block-size: 6px;
    border-radius: 3px;
    background: var(--sw-line);
    background: linear-gradient(
      to var(--end, right),
      var(--sw-line) 0 8.33%,
      color-mix(in srgb, var(--sw-accent-fill) 55%, var(--sw-line)) 8.33% 41.67%,
      var(--sw-line) 41.67%
    );
  }
  input[type='range']::-moz-range-track {
    block-size: 6px;
    border-radius: 3px;
    background: var(--sw-line);
  }
  input[type='range']::-webkit-slider-thumb {
    appearance: none;
    inline-size: 26px;
    block-size: 26px;
    margin-block-start: -10px;
    border: 3px solid var(--sw-surface);
    border-radius: 50%;
    background: var(--sw-accent-fill);
    box-shadow: 0 0 0 1px var(--sw-line-strong);
  }
  input[type='range']::-moz-range-thumb {
    inline-size: 20px;
    block-size: 20px;
    border: 3px solid var(--sw-surface);
    border-radius: 50%;
    background: var(--sw-accent-fill);
    box-shadow: 0 0 0 1px var(--sw-line-strong);
  }
  .axis {
    position: relative;
    block-size: 1.2em;
    margin-block-start: -8px;
    margin-inline: 13px;
    font-size: var(--sw-size-s);
    color: var(--sw-ink-soft);
  }
  .axis span {
    position: absolute;
    white-space: nowrap;
    transform: translateX(-50%);
  }
  .axis span:dir(rtl) {
    transform: translateX(50%);
  }
  .axis .draft {
    inset-inline-start: 0;
    transform: none;
    margin-inline-start: -13px;
  }
  .axis .best {
    inset-inline-start: 22%;
    transform: none;
  }
  .axis .end {
    inset-inline-end: -13px;
    transform: none;
  }
  .tip {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--sw-space-2);
    padding: var(--sw-space-2) var(--sw-space-3);
    border-radius: var(--sw-radius-m);
    background: var(--sw-accent-wash);
    font-size: var(--sw-size-s);
  }
  .tip .btn {
    background: var(--sw-surface);
  }
  .locked {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-2);
    --sw-icon-size: 16px;
  }
  .locked a {
    display: inline-flex;
    align-items: center;
    min-block-size: var(--sw-target);
  }
  details {
    border-block-start: 1px solid var(--sw-line);
  }
  summary {
    display: flex;
    align-items: center;
    justify-content: space-between;
    min-block-size: var(--sw-target);
    font-weight: 600;
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary sw-icon {
    transition: transform var(--sw-quick) var(--sw-ease);
  }
  details[open] summary sw-icon {
    transform: rotate(45deg);
  }
  .more {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-4);
    padding-block: var(--sw-space-2);
  }
  .seed {
    display: flex;
    gap: var(--sw-space-2);
  }
  .seed input {
    flex: 1;
    min-inline-size: 0;
    min-block-size: var(--sw-target);
    padding: 0 var(--sw-space-3);
    border: 1px solid var(--sw-line-strong);
    border-radius: var(--sw-radius-m);
    background: var(--sw-surface);
  }
  .switch {
    display: flex;
    align-items: center;
    gap: var(--sw-space-3);
    min-block-size: var(--sw-target);
    cursor: pointer;
  }
  .switch span {
    flex: 1;
  }
  .switch input {
    flex: none;
    position: relative;
    inline-size: 46px;
    block-size: 28px;
    margin: 0;
    border: 1.5px solid var(--sw-line-strong);
    border-radius: 14px;
    background: var(--sw-raised);
    appearance: none;
    cursor: pointer;
    transition: background var(--sw-quick) var(--sw-ease);
  }
  .switch input::before {
    content: '';
    position: absolute;
    inset-block-start: 3px;
    inset-inline-start: 3px;
    inline-size: 19px;
    block-size: 19px;
    border-radius: 50%;
    background: var(--sw-line-strong);
    transition: inset-inline-start var(--sw-quick) var(--sw-ease);
  }
  .switch input:checked {
    background: var(--sw-accent-fill);
    border-color: var(--sw-accent-fill);
  }
  .switch input:checked::before {
    inset-inline-start: 21px;
    background: var(--sw-on-accent);
  }
`;
