import { html, nothing, type TemplateResult } from 'lit';
import type { AppState, JobView } from '../../contracts/app.api.ts';
import type { Policy } from '../../contracts/licence/policy.ts';
import { clipErrorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText } from '../lib/amounts.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import { left, percent } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { jobStyles } from './sw-job.styles.ts';

/** A wait that is worth a notification, seconds. */
const NOTIFY_FROM_S = 8;

/**
 * One job in full: stage, percentage, time left and Cancel while it runs; the reason and what to do when it failed or
 * was interrupted.
 *
 * @element sw-job
 * @fires sw-cancel-job-request
 * @fires sw-retry-job-request
 * @fires sw-dismiss-job-request
 * @fires sw-notify-request
 * @csspart card
 */
export class SwJob extends SwElement {
  static override styles = [sharedStyles, jobStyles];
  static override properties = { job: { attribute: false }, notifications: {}, policy: { attribute: false } };
  declare job: JobView | null;
  declare notifications: AppState['notifications'];
  /** What amounts are called; null where nothing is metered. */
  declare policy: Policy | null;

  constructor() {
    super();
    this.job = null;
    this.notifications = 'unsupported';
    this.policy = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { job } = this;
    if (job === null) return nothing;
    const { state } = job.record;
    if (state === 'failed' || state === 'interrupted') return this.#ended(job);
    if (state === 'queued' || state === 'running') return this.#working(job);
    return nothing;
  }

  #working(job: JobView): TemplateResult {
    const waiting = job.record.state === 'queued';
    const stage = stageOf(job);
    const { etaS } = job;
    return html`<section class="card" part="card" aria-label=${t('job.title')}>
      <div class="head">
        <h2>${waiting ? t('job.waitingTitle') : t('job.title')}</h2>
        ${waiting ? nothing : html`<span class="percent num">${percent(job.progress)}</span>`}
      </div>
      <div
        class="track"
        role="progressbar"
        aria-label=${t('job.title')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${Math.round(job.progress * 100)}
        aria-valuetext=${t('job.progress', { stage, percent: percent(job.progress) })}
      >
        <div class="fill" ${vars({ '--done': `${Math.round(job.progress * 1000) / 10}%` })}></div>
      </div>
      <div class="foot">
        <span class="num"
          >${stage}<span class="soft"> · ${etaS === null ? t('job.left.unknown') : left(etaS)}</span></span
        >
        ${this.#price(job)}
        <div class="actions">
          ${
            this.notifications === 'default' && (etaS ?? 0) > NOTIFY_FROM_S
              ? html`<button class="btn quiet" type="button" @click=${() => this.ask('notify', null)}>
                  <sw-icon name="bell"></sw-icon>${t('job.notify')}
                </button>`
              : nothing
          }
          <button class="btn" type="button" @click=${() => this.ask('cancel-job', { jobId: job.record.id })}>
            ${t('job.cancel')}
          </button>
        </div>
      </div>
    </section>`;
  }

  #price({ record }: JobView): TemplateResult | typeof nothing {
    if (this.policy === null || record.price === undefined) return nothing;
    const amount = amountText(this.policy, record.price);
    return html`<span class="small soft num">${t('job.price', { amount })}</span>`;
  }

  #ended(job: JobView): TemplateResult {
    const failed = job.record.state === 'failed';
    const { id: jobId } = job.record;
    return html`<section class="card" part="card" role=${failed ? 'alert' : 'status'}>
      <h2 class=${failed ? 'bad' : ''}>
        ${failed ? html`<sw-icon name="alert"></sw-icon>` : nothing}
        ${failed ? t('job.failedTitle') : t('job.interruptedTitle')}
      </h2>
      <p>
        ${failed && job.error !== null ? clipErrorSentence(job.error, job.record.settings.pack) : nothing}
        <span class="soft"
          >${failed ? t('job.failedCost') : t('job.interruptedBody')}
          ${this.policy !== null && job.record.price !== undefined ? t('job.notCharged') : nothing}</span
        >
      </p>
      <div class="actions">
        <button class="btn primary" type="button" @click=${() => this.ask('retry-job', { jobId })}>
          <sw-icon name="retry"></sw-icon>${failed ? t('common.retry') : t('welcome.resume')}
        </button>
        <button class="btn quiet" type="button" @click=${() => this.ask('dismiss-job', { jobId })}>
          ${t('common.dismiss')}
        </button>
      </div>
    </section>`;
  }
}

/** What is being done; of a flow pack its own steps, counted from one. */
function stageOf({ stage, step }: JobView): string {
  if ((stage !== 'prepare' && stage !== 'render') || !step) return t(`job.${stage}`);
  const { total } = step;
  const done = Math.min(total, step.done + 1);
  if (step.stage === 'step') return t('job.flow.step', { done, total });
  if (step.stage === 'decode') return t('job.flow.decode', { done, total });
  return t(`job.flow.${step.stage}`);
}

define('sw-job', SwJob);

declare global {
  interface HTMLElementTagNameMap {
    'sw-job': SwJob;
  }
}
