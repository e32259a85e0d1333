import { html, nothing, type TemplateResult } from 'lit';
import type { LockedChoice } from '../lib/choice-locks.ts';
import { define, SwElement } from '../lib/element.ts';
import { sharedStyles } from '../shared.styles.ts';
import '../strings/licence-strings.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { lockedStyles } from './sw-locked.styles.ts';

const NAME: Partial<
  Readonly<Record<LockedChoice['what'], 'tiers.sound' | 'tiers.quality' | 'tiers.legacy'>>
> = {
  sound: 'tiers.sound',
  quality: 'tiers.quality',
  mode: 'tiers.legacy',
};

/**
 * What other tiers have beside the settings: each locked, with its tier; opened it says why, and what that tier gives.
 *
 * @element sw-locked
 */
export class SwLocked extends SwElement {
  static override styles = [sharedStyles, lockedStyles];
  static override properties = { choices: { attribute: false }, open: { state: true } };
  declare choices: readonly LockedChoice[];
  /** The choice that says why. */
  declare protected open: LockedChoice['what'] | null;

  constructor() {
    super();
    this.choices = [];
    this.open = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.choices.length === 0) return nothing;
    return html`<section aria-labelledby="title">
      <h3 id="title">${t('lock.title')}</h3>
      <ul>
        ${this.choices.map((choice) => this.#choice(choice))}
      </ul>
    </section>`;
  }

  #choice({ what, name, sentence, tier, gives }: LockedChoice): TemplateResult {
    const open = this.open === what;
    const label = NAME[what];
    return html`<li>
      <button
        type="button"
        aria-label=${name}
        aria-expanded=${open}
        aria-controls=${what}
        @click=${() => (this.open = open ? null : what)}
      >
        <sw-icon name="lock"></sw-icon>
        <span>${label === undefined ? name : t(label)}</span>
        <span class="tier">${tier}</span>
      </button>
      <div id=${what} role="status">
        ${
          open
            ? html`<p class="why">
                <span
                  >${sentence}${gives === '' ? nothing : html`<br /><span class="soft num">${gives}</span>`}</span
                >
                <a href="#/account">${t('price.see')}</a>
              </p>`
            : nothing
        }
      </div>
    </li>`;
  }
}

define('sw-locked', SwLocked);

declare global {
  interface HTMLElementTagNameMap {
    'sw-locked': SwLocked;
  }
}
