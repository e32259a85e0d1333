import { css } from 'lit';

export const priceStyles = css`
  :host {
    display: block;
  }
  .price {
    display: flex;
    flex-direction: column;
    gap: var(--sw-space-2);
    font-size: var(--sw-size-s);
    line-height: 1.35;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--sw-space-2) var(--sw-space-3);
  }
  .facts {
    flex: 1 1 180px;
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 var(--sw-space-2);
  }
  .facts b {
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
  .gives {
    display: block;
    font-weight: 400;
  }
  .why a {
    display: inline-flex;
    align-items: center;
    flex: none;
    min-block-size: var(--sw-target);
    padding-inline-start: var(--sw-space-2);
    font-weight: 550;
  }
  .bad {
    color: var(--sw-danger);
  }
  .btn {
    padding: 6px var(--sw-space-3);
    background: var(--sw-accent-wash);
    border-color: transparent;
    font-size: var(--sw-size-s);
    line-height: 1.2;
    text-wrap: balance;
  }
  .row .btn {
    flex: 1 1 120px;
    max-inline-size: 148px;
  }
  .btn:hover {
    background: var(--sw-raised);
  }
`;
