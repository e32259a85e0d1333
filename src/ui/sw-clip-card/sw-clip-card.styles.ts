import { css } from 'lit';

export const clipCardStyles = css`
  :host {
    display: block;
    position: relative;
  }
  .open {
    display: block;
    position: relative;
    inline-size: 100%;
    aspect-ratio: 4 / 5;
    padding: 0;
    border: 0;
    border-radius: var(--sw-radius-m);
    overflow: hidden;
    background: var(--sw-raised);
    cursor: pointer;
  }
  .selected .open {
    outline: 4px solid var(--sw-accent);
    outline-offset: -4px;
  }
  img,
  video {
    position: absolute;
    inset: 0;
    display: block;
    inline-size: 100%;
    block-size: 100%;
    object-fit: cover;
    object-position: 50% 25%;
  }
  .length {
    position: absolute;
    inset-block-end: 8px;
    inset-inline-end: 8px;
    padding: 1px 7px;
    border-radius: 6px;
    background: rgb(12 10 8 / 0.74);
    color: #fff;
    font-size: var(--sw-size-s);
    font-weight: 550;
  }
  .name {
    margin-block-start: 6px;
    padding-inline: 2px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-size: var(--sw-size-s);
    font-weight: 550;
  }
  label {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 0;
    display: grid;
    place-items: center;
    inline-size: 44px;
    block-size: 44px;
    cursor: pointer;
  }
  input {
    appearance: none;
    display: grid;
    place-items: center;
    inline-size: 26px;
    block-size: 26px;
    margin: 0;
    border: 2px solid #fff;
    border-radius: 50%;
    background: rgb(12 10 8 / 0.5);
    cursor: pointer;
  }
  input:checked {
    background: var(--sw-accent-fill);
    border-color: #fff;
  }
  input:checked::before {
    content: '';
    inline-size: 11px;
    block-size: 6px;
    margin-block-start: -3px;
    border: solid var(--sw-on-accent);
    border-width: 0 0 2.5px 2.5px;
    rotate: -45deg;
  }
`;
