import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { PLAN_MAX, planMix, type PlanLine } from '../../app/licence-sums.ts';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText, rangeText } from '../lib/licence-words.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import { plannerStyles } from './sw-planner.styles.ts';

/**
 * Mixes what the policy sells and says what it costs and what remains (T3).
 *
 * @element sw-planner
 */
export class SwPlanner extends SwElement {
  static override styles = [sharedStyles, pageStyles, plannerStyles];
  static override properties = { view: { attribute: false }, counts: { state: true } };
  declare view: LicenceView | null;
  declare protected counts: Readonly<Record<string, number>>;

  constructor() {
    super();
    this.view = null;
    this.counts = {};
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === null) return nothing;
    const { policy } = view;
    const available = view.moments.available;
    const plan = planMix(policy, available, this.counts);
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${t('planner.title')}</h2>
      <p class="soft">${t('planner.line')} ${t('planner.have', { amount: amountText(policy, available) })}</p>
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
        <span class=${plan.fits === 'no' ? 'bad' : plan.fits === 'yes' ? 'good' : ''}
          >${t(`planner.${plan.fits}`)}</span
        >
      </output>
    </section>`;
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
