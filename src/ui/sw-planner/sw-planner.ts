import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { PLAN_MAX, planMix, type PlanLine } from '../../app/licence-sums.ts';
import type { Tier } from '../../contracts/licence/policy.ts';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText } from '../lib/amounts.ts';
import { rangeText } from '../lib/licence-words.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import { plannerStyles } from './sw-planner.styles.ts';

/**
 * Mixes what the policy sells and says what it costs and what remains (T3).
 *
 * @element sw-planner
 */
export class SwPlanner extends SwElement {
  static override styles = [sharedStyles, pageStyles, plannerStyles];
  static override properties = {
    view: { attribute: false },
    counts: { state: true },
    budget: { state: true },
  };
  declare view: LicenceView | null;
  declare protected counts: Readonly<Record<string, number>>;
  /** Id of the tier whose allowance is counted from; null is what is left. */
  declare protected budget: string | null;

  constructor() {
    super();
    this.view = null;
    this.counts = {};
    this.budget = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === null) return nothing;
    const { policy } = view;
    const makers = policy.tiers.filter(({ allowance, grant }) => allowance.amount > 0 && grant.generate);
    // Before there is anything to spend, a person plans with what a tier would give.
    const tier =
      makers.find(({ id }) => id === this.budget) ?? (view.status === 'none' ? makers[0] : undefined);
    const plan = planMix(policy, tier?.allowance.amount ?? view.moments.available, this.counts);
    if (plan.lines.length === 0) return nothing;
    const planned = plan.lines.some(({ count }) => count > 0);
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${t('planner.title')}</h2>
      <p class="soft">${t('planner.line')}</p>
      ${this.#budgets(view, makers, tier)}
      <div class="items">
        ${repeat(
          plan.lines,
          (line) => line.id,
          (line) => this.#line(view, line),
        )}
      </div>
      <output class="num" aria-live="polite">
        <span><span class="soft">${t('planner.total')}</span><b>${rangeText(policy, plan.total)}</b></span>
        <span
          ><span class="soft">${t('planner.remains')}</span
          ><b class=${plan.fits === 'no' ? 'bad' : ''}>${rangeText(policy, plan.remains)}</b></span
        >
        ${
          planned
            ? html`<span class=${plan.fits === 'no' ? 'bad' : plan.fits === 'yes' ? 'good' : ''}
                >${t(`planner.${plan.fits}`)}</span
              >`
            : nothing
        }
      </output>
    </section>`;
  }

  #budgets(view: LicenceView, makers: readonly Tier[], chosen: Tier | undefined): TemplateResult {
    const { policy, moments, status } = view;
    return html`<label class="budget">
      <span>${t('planner.have')}</span>
      <select
        @change=${(event: Event) => {
          if (event.target instanceof HTMLSelectElement) this.budget = event.target.value;
        }}
      >
        ${
          status === 'none'
            ? nothing
            : html`<option value="" .selected=${chosen === undefined}>
                ${t('planner.left', { amount: amountText(policy, moments.available) })}
              </option>`
        }
        ${makers.map(
          ({ id, name, allowance }) =>
            html`<option value=${id} .selected=${id === chosen?.id}>
              ${t('planner.tier', { tier: name, amount: amountText(policy, allowance.amount) })}
            </option>`,
        )}
      </select>
    </label>`;
  }

  #line({ policy }: LicenceView, line: PlanLine): TemplateResult {
    return html`<label>
      <span class="text">
        <span>${line.name.other}</span>
        <span class="small soft num">${t('planner.each', { cost: rangeText(policy, line.each) })}</span>
      </span>
      <input
        class="num"
        type="number"
        inputmode="numeric"
        min="0"
        max=${PLAN_MAX}
        step="1"
        name=${line.id}
        .value=${String(line.count)}
        @change=${(event: Event) => this.#count(line.id, event)}
        @input=${(event: Event) => this.#count(line.id, event)}
      />
    </label>`;
  }

  #count(id: string, event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    const count = event.target.valueAsNumber;
    // An empty field while a number is being typed stays empty, and counts as none.
    this.counts = { ...this.counts, [id]: Number.isNaN(count) ? 0 : count };
    if (event.type === 'change' && Number.isNaN(count)) event.target.value = '0';
  }
}

define('sw-planner', SwPlanner);

declare global {
  interface HTMLElementTagNameMap {
    'sw-planner': SwPlanner;
  }
}
