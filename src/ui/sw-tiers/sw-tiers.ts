import { html, nothing, type TemplateResult } from 'lit';
import { howMany, planMix } from '../../app/licence-sums.ts';
import type { Tier } from '../../contracts/licence/policy.ts';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { RESOLUTIONS } from '../../contracts/settings.ts';
import { define, SwElement } from '../lib/element.ts';
import { rangeText } from '../lib/licence-words.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { secondsShort } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import '../sw-icon/sw-icon.ts';
import { tiersStyles } from './sw-tiers.styles.ts';

/** One row: what it is about, what each tier has of it. */
interface Row {
  readonly name: string;
  readonly note?: string;
  readonly of: (tier: Tier) => string;
}

function yesNo(is: boolean): string {
  return is ? t('tiers.yes') : t('tiers.no');
}

/** "1,000 a month"; the row says of what. */
function allowanceText({ allowance }: Tier): string {
  if (allowance.amount === 0) return t('tiers.none');
  return t(allowance.every === 'month' ? 'tiers.month' : 'tiers.once', { amount: number(allowance.amount) });
}

/** "up to 1080p" where the smaller ones are there too. */
function sizesText(resolutions: readonly string[]): string {
  const largest = RESOLUTIONS.findLast((one) => resolutions.includes(one));
  const whole = RESOLUTIONS.length > 1 && resolutions.length === RESOLUTIONS.length;
  return whole && largest !== undefined ? t('tiers.upTo', { what: largest }) : resolutions.join(', ');
}

function rowsOf(view: LicenceView): readonly Row[] {
  const { policy } = view;
  const named = [policy.shortPrice, policy.fullPrice].filter((id) => id !== undefined);
  const clips = planMix(policy, 0, {}).lines.filter(({ kind }) => kind === 'clip');
  const shown = named.length === 0 ? clips : clips.filter(({ id }) => named.includes(id));
  const legacy = policy.tiers.some(({ grant }) => grant.modes.includes('legacy'));
  return [
    { name: t('tiers.watch'), of: () => yesNo(true) },
    { name: t('tiers.generate'), of: ({ grant }) => yesNo(grant.generate) },
    { name: policy.unit.other, of: allowanceText },
    ...shown.map(({ name, each }) => ({
      name: name.other,
      note: t('tiers.price', { price: rangeText(policy, each) }),
      of: ({ grant, allowance }: Tier) =>
        grant.generate
          ? fitsText(howMany(allowance.amount, each.max), howMany(allowance.amount, each.min))
          : t('tiers.none'),
    })),
    {
      name: t('tiers.resolutions'),
      of: ({ grant }) => (grant.generate ? sizesText(grant.resolutions) : t('tiers.none')),
    },
    {
      name: t('tiers.seconds'),
      of: ({ grant }) =>
        grant.generate
          ? t('account.range', { min: number(grant.seconds.min), max: secondsShort(grant.seconds.max) })
          : t('tiers.none'),
    },
    { name: t('tiers.sound'), of: ({ grant }) => yesNo(grant.generate && grant.sound) },
    {
      name: t('tiers.quality'),
      of: ({ grant }) => yesNo(grant.generate && grant.qualities.includes('advanced')),
    },
    ...(legacy
      ? [
          {
            name: t('tiers.legacy'),
            of: ({ grant }: Tier) => yesNo(grant.generate && grant.modes.includes('legacy')),
          },
        ]
      : []),
  ];
}

function fitsText(least: number, most: number): string {
  const text = (count: number): string => (Number.isFinite(count) ? number(count) : '∞');
  const range = least === most ? text(least) : t('account.range', { min: text(least), max: text(most) });
  return most === 0 ? t('tiers.none') : range;
}

/**
 * What every tier of the policy gives, side by side.
 *
 * @element sw-tiers
 */
export class SwTiers extends SwElement {
  static override styles = [sharedStyles, pageStyles, tiersStyles];
  static override properties = { view: { attribute: false } };
  declare view: LicenceView | null;
  #shownTier = '';

  constructor() {
    super();
    this.view = null;
  }

  /** On a narrow screen the tier in force may lie outside: it is brought into view, sideways only. */
  protected override updated(): void {
    const id = this.view?.tier.id ?? '';
    if (id === this.#shownTier) return;
    this.#shownTier = id;
    const scroll = this.renderRoot.querySelector('.scroll');
    const mine = this.renderRoot.querySelector<HTMLElement>('thead .mine');
    const name = this.renderRoot.querySelector<HTMLElement>('thead td');
    if (scroll === null || mine === null || name === null) return;
    const [from, to] = [name.getBoundingClientRect(), mine.getBoundingClientRect()];
    scroll.scrollLeft +=
      getComputedStyle(this).direction === 'rtl' ? to.right - from.left : to.left - from.right;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === null) return nothing;
    const { tiers } = view.policy;
    const mine = (tier: Tier): string => (tier.id === view.tier.id ? 'mine' : '');
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${t('tiers.title')}</h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${t('tiers.scroll')}>
        <table>
          <thead>
            <tr>
              <td><span class="vh">${t('tiers.feature')}</span></td>
              ${tiers.map(
                (tier) =>
                  html`<th scope="col" class=${mine(tier)}>
                    ${tier.name}<small>${tier.id === view.tier.id ? t('tiers.yours') : nothing}</small>
                  </th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${rowsOf(view).map(
              (row) =>
                html`<tr>
                  <th scope="row">
                    ${row.name}${row.note === undefined ? nothing : html`<span class="num note">${row.note}</span>`}
                  </th>
                  ${tiers.map((tier) => html`<td class="num ${mine(tier)}">${row.of(tier)}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${
        view.buyUrl === null
          ? nothing
          : html`<p>
              <a class="btn" href=${view.buyUrl} target="_blank" rel="noopener">${t('account.buy')}</a>
            </p>`
      }
    </section>`;
  }
}

define('sw-tiers', SwTiers);

declare global {
  interface HTMLElementTagNameMap {
    'sw-tiers': SwTiers;
  }
}
