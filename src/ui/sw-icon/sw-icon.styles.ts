import { css } from 'lit';

export const iconStyles = css`
  :host {
    display: inline-block;
    inline-size: var(--sw-icon-size, 20px);
    block-size: var(--sw-icon-size, 20px);
  }
  svg {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  svg.filled {
    fill: currentColor;
  }
  svg.dots {
    stroke-width: 3;
  }
  :host(:dir(rtl)) svg.directional {
    transform: scaleX(-1);
  }
`;
