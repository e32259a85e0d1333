import { css } from 'lit';

export const stageStyles = css`
  :host {
    display: block;
    position: relative;
    min-block-size: 0;
    color-scheme: dark;
    background: var(--sw-stage);
    color: var(--sw-ink);
    overflow: hidden;
  }
  .room {
    position: absolute;
    inset: var(--sw-stage-pad, 16px);
    display: grid;
    place-items: center;
    container-type: size;
  }
  /* The help above and the buttons below lie beside the picture, not over a point that is to be dragged. */
  .room.placing {
    inset-block: 76px;
  }
  .frame {
    position: relative;
    inline-size: min(100cqw, 100cqh * var(--ratio));
    aspect-ratio: var(--ratio);
    border-radius: 6px;
    overflow: hidden;
    background: var(--matte, transparent);
  }
  .frame.placing {
    overflow: visible;
  }
  .whole,
  .fill {
    position: absolute;
    inset: 0;
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: fill;
    transition: filter var(--sw-calm) var(--sw-ease);
  }
  .fill {
    object-fit: cover;
  }
  .cropped .whole {
    filter: brightness(0.32) saturate(0.6);
  }
  .crop {
    position: absolute;
    left: var(--x);
    top: var(--y);
    width: var(--w);
    height: var(--h);
    overflow: hidden;
  }
  .cropped .crop {
    outline: 2px solid rgb(255 255 255 / 0.85);
    outline-offset: -1px;
  }
  .crop .part {
    position: absolute;
    left: calc(-100% * var(--fx) / var(--fw));
    top: calc(-100% * var(--fy) / var(--fh));
    width: calc(100% / var(--fw));
    height: calc(100% / var(--fh));
    max-inline-size: none;
  }
  canvas,
  video {
    position: absolute;
    inset: 0;
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
  }
  .top,
  .bottom {
    position: absolute;
    inset-inline: var(--sw-space-3);
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: var(--sw-space-2);
    pointer-events: none;
  }
  .top {
    inset-block-start: var(--sw-space-3);
  }
  .bottom {
    inset-block-end: var(--sw-space-3);
    justify-content: flex-start;
  }
  .top > *,
  .bottom > * {
    pointer-events: auto;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    min-block-size: 32px;
    max-inline-size: calc(100% - 60px);
    padding: 0 12px;
    border-radius: 16px;
    background: rgb(18 16 13 / 0.78);
    color: #f4efe6;
    font-size: var(--sw-size-s);
    font-weight: 550;
    overflow: hidden;
    white-space: nowrap;
    text-overflow: ellipsis;
    pointer-events: none;
  }
  .chip.help {
    display: block;
    max-inline-size: 100%;
    padding-block: 6px;
    white-space: normal;
  }
  .dot {
    flex: none;
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--sw-accent-fill);
  }
  .round {
    display: grid;
    place-items: center;
    inline-size: var(--sw-target);
    block-size: var(--sw-target);
    padding: 0;
    border: 0;
    border-radius: 50%;
    background: rgb(18 16 13 / 0.78);
    color: #f4efe6;
    cursor: pointer;
    transition: background var(--sw-quick) var(--sw-ease);
  }
  .round:hover {
    background: rgb(60 54 45 / 0.92);
  }
  .end {
    margin-inline-start: auto;
  }
  .middle {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    padding: var(--sw-space-5);
    text-align: center;
  }
  .ghost {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    object-fit: contain;
    padding: var(--sw-stage-pad, 16px);
    filter: brightness(0.55);
  }
  .card {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--sw-space-3);
    max-inline-size: 420px;
    padding: var(--sw-space-5);
    border-radius: var(--sw-radius-l);
    background: rgb(24 22 19 / 0.92);
    color: #f4efe6;
    box-shadow: 0 12px 40px rgb(0 0 0 / 0.5);
  }
  .card .soft {
    color: #bdb4a4;
  }
  .bad {
    color: var(--sw-danger);
    --sw-icon-size: 28px;
  }
  .sweep {
    position: relative;
    inline-size: 200px;
    block-size: 6px;
    border-radius: 3px;
    background: #3c372f;
    overflow: hidden;
  }
  .ready {
    block-size: 100%;
    inline-size: var(--ready);
    background: var(--sw-accent-fill);
    opacity: 0.55;
  }
  .sweep::before {
    content: '';
    position: absolute;
    inset-block: 0;
    inline-size: 40%;
    border-radius: 3px;
    background: var(--sw-accent-fill);
    animation: sweep 1400ms var(--sw-ease) infinite;
  }
  @keyframes sweep {
    from {
      left: -40%;
    }
    to {
      left: 100%;
    }
  }
  .done {
    display: flex;
    flex-wrap: wrap;
    gap: var(--sw-space-2);
    justify-content: center;
    inline-size: 100%;
  }
  .done .btn.primary {
    min-inline-size: 150px;
  }
`;
