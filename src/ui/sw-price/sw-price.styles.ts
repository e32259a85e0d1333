import { css } from 'lit';

export const priceStyles = css`
  :host {
    display: block;
  }
  .price {
    display: flex;
    flex-direction: column;
    gap: 2px;
    font-size: var(--sw-size-s);
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    justify-content: space-between;
    gap: 0 var(--sw-space-3);
  }
  .head b {
    font-size: var(--sw-size-m);
  }
  .why {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    --sw-icon-size: 18px;
  }
  .why p {
    flex: 1;
    font-weight: 550;
  }
  .why a {
    display: inline-flex;
    align-items: center;
    flex: none;
    min-block-size: var(--sw-target);
    font-weight: 550;
  }
  .btn {
    margin-block-start: var(--sw-space-1);
    inline-size: 100%;
    background: var(--sw-accent-wash);
    border-color: transparent;
    font-size: var(--sw-size-s);
  }
  .btn:hover {
    background: var(--sw-raised);
  }
`;
