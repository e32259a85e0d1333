import { html, nothing, type TemplateResult } from 'lit';
import { howMany, priceOf } from '../../app/licence-sums.ts';
import type { Tier } from '../../contracts/licence/policy.ts';
import type { LicenceView, Quote } from '../../contracts/licence/view.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText } from '../lib/amounts.ts';
import { isStopped } from '../lib/licence-state.ts';
import { lockSentence, stopSentence, tierGives } from '../lib/licence-words.ts';
import { sharedStyles } from '../shared.styles.ts';
import { percent, secondsShort } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import '../sw-icon/sw-icon.ts';
import { priceStyles } from './sw-price.styles.ts';

/**
 * What the present settings cost, what is left after it, how many more fit; a short first try in one tap; why a clip
 * can't be made and which tier has it (T3).
 *
 * @element sw-price
 * @fires sw-settings-request from the short try, and from the length that fits
 */
export class SwPrice extends SwElement {
  static override styles = [sharedStyles, priceStyles];
  static override properties = { view: { attribute: false } };
  /** Null where there is no licence: nothing shows. */
  declare view: LicenceView | null;

  constructor() {
    super();
    this.view = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === null) return nothing;
    const [lock] = view.locks;
    // Of a tier that ended, a person wants to know that it did, not which tier makes clips.
    const stop = stopSentence(view);
    if (stop !== null && (isStopped(view.status) || lock !== undefined)) return this.#why(view, stop, true);
    if (lock !== undefined) return this.#why(view, lockSentence(lock), lock.tier === null, lock.tier);
    if (view.quote === null) return nothing;
    return html`<section class="price num" aria-label=${t('price.label')}>
      ${view.quote.affordable ? this.#affordable(view, view.quote) : this.#tooDear(view, view.quote)}
      ${view.busy === 'lease' ? html`<p class="soft" role="status">${t('price.asking')}</p>` : nothing}
      ${view.error === null ? nothing : html`<p class="bad" role="alert">${errorSentence(view.error)}</p>`}
    </section>`;
  }

  #why(view: LicenceView, sentence: string, nowhere: boolean, tier: Tier | null = null): TemplateResult {
    const gives = tier === null || !view.metered ? '' : tierGives(view.policy, tier);
    return html`<section class="price" aria-label=${t('price.label')}>
      <div class="why">
        <sw-icon name="lock"></sw-icon>
        <p role="status">
          ${sentence}${gives === '' ? nothing : html`<span class="soft num gives">${gives}</span>`}
        </p>
        <a href="#/account">${nowhere ? t('price.account') : t('price.see')}</a>
      </div>
    </section>`;
  }

  #affordable({ policy }: LicenceView, quote: Quote): TemplateResult {
    const { price, share, left, short } = quote;
    const more = howMany(left, price);
    const leftText = t('price.left', { amount: amountText(policy, left) });
    const moreText = !Number.isFinite(more)
      ? ''
      : `, ${more === 0 ? t('price.last') : t('price.more', { count: more })}`;
    return html`<div class="row">
      <div class="facts">
        <p class="line">
          <b>${amountText(policy, price)}</b>
          ${share === null ? nothing : html`<span class="soft">${t('price.share', { share: percent(share) })}</span>`}
        </p>
        <p class="soft">${leftText}${moreText}</p>
      </div>
      ${short === null ? nothing : this.#short(policy, short)}
    </div>`;
  }

  #short(policy: LicenceView['policy'], short: NonNullable<Quote['short']>): TemplateResult {
    const { seconds, price, saves } = short;
    return html`<button
      class="btn"
      type="button"
      title=${t('price.shortLong', { seconds: secondsShort(seconds), price: amountText(policy, price) })}
      @click=${() => this.ask('settings', { change: { seconds } })}
    >
      ${t('price.short', { percent: percent(saves) })}
    </button>`;
  }

  #tooDear(view: LicenceView, quote: Quote): TemplateResult {
    const { policy, moments } = view;
    const fit = longestThatFits(view, quote);
    const price = amountText(policy, quote.price);
    const amount = amountText(policy, moments.available);
    return html`<div class="why">
        <p role="status">
          ${t('price.tooDear', { amount, price })} ${fit === null ? t('price.nothingFits') : nothing}
        </p>
        <a href="#/account">${t('price.account')}</a>
      </div>
      ${
        fit === null
          ? nothing
          : html`<button
              class="btn"
              type="button"
              @click=${() => this.ask('settings', { change: { seconds: fit.seconds } })}
            >
              ${t('price.useFit', {
                seconds: secondsShort(fit.seconds),
                price: amountText(policy, fit.price),
              })}
            </button>`
      }`;
  }
}

/** The longest clip that could be paid, otherwise like this one. */
function longestThatFits(
  { policy, grant, moments }: LicenceView,
  { request }: Quote,
): { readonly seconds: number; readonly price: number } | null {
  for (let seconds = Math.ceil(request.seconds) - 1; seconds >= grant.seconds.min; seconds -= 1) {
    const found = priceOf(policy, { ...request, seconds });
    if (found !== null && found.price <= moments.available) return { seconds, price: found.price };
  }
  return null;
}

define('sw-price', SwPrice);

declare global {
  interface HTMLElementTagNameMap {
    'sw-price': SwPrice;
  }
}
