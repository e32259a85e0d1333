import { html, nothing, type TemplateResult } from 'lit';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { amountText } from '../lib/amounts.ts';
import { define, SwElement } from '../lib/element.ts';
import { vars } from '../lib/vars.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { day } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import { balanceStyles } from './sw-balance.styles.ts';

/**
 * What can be spent, where it lies, and when more comes.
 *
 * @element sw-balance
 */
export class SwBalance extends SwElement {
  static override styles = [sharedStyles, pageStyles, balanceStyles];
  static override properties = { view: { attribute: false } };
  declare view: LicenceView | null;

  constructor() {
    super();
    this.view = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === null) return nothing;
    const { policy } = view;
    const { here, reserved, balance, available } = view.moments;
    const amount = (value: number): string => amountText(policy, value);
    const parts = [
      ['here', here, t('account.balance.here')],
      ['reserved', reserved, t('account.balance.reserved')],
      // A host without a service keeps nothing there.
      ...(view.account === null ? [] : [['service', balance, t('account.balance.service')] as const]),
    ] as const;
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${t('account.balance')}</h2>
      <p class="total num">${amount(available)}</p>
      <div class="bar" aria-hidden="true">
        ${parts
          .filter(([, value]) => value > 0)
          .map(([name, value]) => html`<span class=${name} ${vars({ '--part': String(value) })}></span>`)}
      </div>
      <dl class="parts num">
        ${parts.map(
          ([name, value, words]) =>
            html`<div>
              <dt><span class="dot ${name}" aria-hidden="true"></span>${words}</dt>
              <dd class=${value < 0 ? 'bad' : ''}>${amount(value)}</dd>
            </div>`,
        )}
      </dl>
      <p class="soft small num">${this.#period(view)} ${t('account.balance.offline')}</p>
    </section>`;
  }

  #period({ policy, account, tier }: LicenceView): string {
    const amount = (value: number): string => amountText(policy, value);
    if (account?.period) {
      const words = {
        spent: amount(account.spent),
        start: day(account.period.startMs),
        end: day(account.period.endMs),
      };
      // The last month of a tier that was left: nothing comes after it.
      if (tier.allowance.every === 'once') return t('account.period.last', words);
      return t('account.period', { ...words, amount: amount(account.allowance) });
    }
    if (tier.allowance.every !== 'once' || tier.allowance.amount === 0) return '';
    return t('account.once', { amount: amount(tier.allowance.amount) });
  }
}

define('sw-balance', SwBalance);

declare global {
  interface HTMLElementTagNameMap {
    'sw-balance': SwBalance;
  }
}
