import type { AppState } from '../../contracts/app.api.ts';
import { amountText } from '../lib/amounts.ts';
import { isUnknown } from '../lib/licence-state.ts';
import { t } from '../strings/strings.ts';

/** What a screen reader is told of the balance: nothing at first, then each change of what the person owns. */
export class BalanceVoice {
  /** The sentence last said; empty before the first change. */
  text = '';
  #total: number | null = null;

  /** Follows the state. What a waiting clip sets aside is still owned, so that it is said when it is paid. */
  follow({ licence }: AppState): void {
    if (licence === null || !licence.metered || isUnknown(licence) || licence.status === 'none') {
      this.#total = null;
      return;
    }
    const total = licence.moments.available + licence.moments.reserved;
    if (this.#total !== null && total !== this.#total) {
      this.text = t('account.live', { amount: amountText(licence.policy, licence.moments.available) });
    }
    this.#total = total;
  }
}
