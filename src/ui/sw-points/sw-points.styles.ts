import { css } from 'lit';

export const pointsStyles = css`
  :host {
    position: absolute;
    inset: 0;
    touch-action: none;
  }
  .point {
    position: absolute;
    inset-inline-start: auto;
    left: var(--x);
    top: var(--y);
    inline-size: 44px;
    block-size: 44px;
    margin: -22px;
    padding: 0;
    border: 0;
    border-radius: 50%;
    background: transparent;
    cursor: grab;
    touch-action: none;
  }
  .point::before {
    content: '';
    position: absolute;
    inset: 12px;
    border: 2.5px solid #fff;
    border-radius: 50%;
    background: color-mix(in srgb, var(--sw-accent-fill) 70%, transparent);
    box-shadow: 0 0 0 1.5px rgb(0 0 0 / 0.75);
  }
  .point:active {
    cursor: grabbing;
  }
  .point:focus-visible {
    outline-color: #ffc766;
    outline-offset: -8px;
  }
  svg {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    pointer-events: none;
    overflow: visible;
  }
  path {
    fill: none;
    stroke: #fff;
    stroke-width: 2;
    stroke-dasharray: 4 5;
    vector-effect: non-scaling-stroke;
    filter: drop-shadow(0 0 1px rgb(0 0 0 / 0.9));
  }
  .tag {
    position: absolute;
    left: 50%;
    bottom: calc(100% - 6px);
    translate: -50% 0;
    padding: 2px 8px;
    border-radius: 6px;
    background: rgb(12 10 8 / 0.86);
    color: #fff;
    font-size: var(--sw-size-s);
    white-space: nowrap;
    opacity: 0;
    pointer-events: none;
  }
  .point:hover .tag,
  .point:focus .tag,
  .point:active .tag {
    opacity: 1;
  }
`;
