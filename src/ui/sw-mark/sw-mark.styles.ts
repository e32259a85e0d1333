import { css } from 'lit';

export const markStyles = css`
  :host {
    display: inline-flex;
    align-items: center;
    gap: 10px;
    font-weight: 680;
    font-size: 1.0625rem;
    letter-spacing: -0.015em;
  }
  svg {
    display: block;
    inline-size: 30px;
    block-size: 30px;
    flex: none;
  }
  rect {
    fill: var(--sw-accent-fill);
  }
  path,
  circle {
    fill: none;
    stroke: var(--sw-on-accent);
    stroke-width: 2.4;
    stroke-linecap: round;
  }
  circle {
    fill: var(--sw-on-accent);
    stroke: none;
  }
`;
