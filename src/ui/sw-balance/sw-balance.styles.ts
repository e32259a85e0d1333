import { css } from 'lit';

export const balanceStyles = css`
  .total {
    font-size: var(--sw-size-xl);
    font-weight: 650;
    line-height: 1.2;
  }
  .bar {
    display: flex;
    gap: 2px;
    block-size: 12px;
    border-radius: 6px;
    background: var(--sw-raised);
    overflow: hidden;
  }
  .bar span {
    flex: var(--part, 0) 0 0;
  }
  .here,
  .dot.here {
    background: var(--sw-accent-fill);
  }
  .reserved,
  .dot.reserved {
    background: repeating-linear-gradient(135deg, var(--sw-accent-fill) 0 3px, var(--sw-surface) 3px 6px);
  }
  .service,
  .dot.service {
    background: var(--sw-line-strong);
  }
  .parts {
    display: flex;
    flex-direction: column;
  }
  .parts > div {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: var(--sw-space-3);
    min-block-size: 28px;
  }
  dt {
    display: flex;
    align-items: center;
    gap: var(--sw-space-2);
    color: var(--sw-ink-soft);
    font-size: var(--sw-size-s);
  }
  dd {
    flex: none;
    font-weight: 600;
    text-align: end;
  }
  .dot {
    flex: none;
    inline-size: 12px;
    block-size: 12px;
    border: 1px solid var(--sw-line-strong);
    border-radius: 3px;
  }
`;
