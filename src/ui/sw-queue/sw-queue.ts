import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { JobView } from '../../contracts/app.api.ts';
import type { Policy } from '../../contracts/licence/policy.ts';
import type { PictureRecord } from '../../contracts/records.ts';
import { clipErrorSentence } from '../errors.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText } from '../lib/amounts.ts';
import { motionName } from '../lib/names.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import { left, percent } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import type { IconName } from '../sw-icon/icons.ts';
import { queueStyles } from './sw-queue.styles.ts';

/**
 * The jobs: running first, then waiting (to be moved up and down), then ended ones until they are dismissed.
 *
 * @element sw-queue
 * @fires sw-watch-job-request
 * @fires sw-show-clip-request
 * @fires sw-move-job-request
 * @fires sw-cancel-job-request
 * @fires sw-retry-job-request
 * @fires sw-dismiss-job-request
 */
export class SwQueue extends SwElement {
  static override styles = [sharedStyles, queueStyles];
  static override properties = {
    jobs: { attribute: false },
    pictures: { attribute: false },
    policy: { attribute: false },
  };
  declare jobs: readonly JobView[];
  declare pictures: readonly PictureRecord[];
  /** What amounts are called; null where nothing is metered. */
  declare policy: Policy | null;
  readonly #urls = new BlobUrls();

  constructor() {
    super();
    this.jobs = [];
    this.pictures = [];
    this.policy = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#urls.clear();
  }

  protected override render(): TemplateResult | typeof nothing {
    const shown = this.jobs.filter((job) => job.record.state !== 'cancelled');
    this.#urls.keepOnly(new Set(shown.map((job) => job.record.pictureId)));
    if (shown.length === 0) return nothing;
    const waiting = shown.filter((job) => job.record.state === 'queued');
    return html`<section aria-labelledby="title">
      <div class="head">
        <h2 id="title">${t('queue.title')}</h2>
        <span class="soft small">${t('queue.count', { count: shown.length })}</span>
      </div>
      <ol>
        ${repeat(
          shown,
          (job) => job.record.id,
          (job) => this.#row(job, waiting.indexOf(job), waiting.length),
        )}
      </ol>
    </section>`;
  }

  #row(job: JobView, place: number, waiting: number): TemplateResult {
    const { id: jobId, state, clipId } = job.record;
    const name = motionName(job.record.settings.motion);
    const active = state === 'running' || state === 'queued';
    return html`<li>
      <button
        class="open"
        type="button"
        aria-label=${t('queue.show', { name })}
        @click=${() =>
          state === 'done' && clipId !== undefined
            ? this.ask('show-clip', { clipId })
            : this.ask('watch-job', { jobId })}
      >
        ${this.#thumbnail(job)}
        <span class="text">
          <span class="name" dir="auto">${name}</span>
          ${this.#status(job)}${this.#price(job)}
          ${
            state === 'running'
              ? html`<span class="track"
                  ><span class="fill" ${vars({ '--done': percentCss(job.progress), display: 'block' })}></span
                ></span>`
              : nothing
          }
        </span>
      </button>
      <span class="tools">
        ${
          state === 'queued' && waiting > 1
            ? html`${this.#tool('up', t('queue.up', { name }), place === 0, () =>
                this.ask('move-job', { jobId, place: place - 1 }),
              )}${this.#tool('down', t('queue.down', { name }), place === waiting - 1, () =>
                this.ask('move-job', { jobId, place: place + 1 }),
              )}`
            : nothing
        }
        ${
          state === 'failed' || state === 'interrupted'
            ? this.#tool('retry', t('queue.retry', { name }), false, () => this.ask('retry-job', { jobId }))
            : nothing
        }
        ${
          active
            ? this.#tool('close', t('queue.cancel', { name }), false, () => this.ask('cancel-job', { jobId }))
            : this.#tool('close', t('queue.dismiss', { name }), false, () =>
                this.ask('dismiss-job', { jobId }),
              )
        }
      </span>
    </li>`;
  }

  #tool(icon: IconName, label: string, disabled: boolean, act: () => void): TemplateResult {
    return html`<button
      class="btn icon quiet"
      type="button"
      aria-label=${label}
      title=${label}
      ?disabled=${disabled}
      @click=${act}
    >
      <sw-icon name=${icon}></sw-icon>
    </button>`;
  }

  #thumbnail(job: JobView): TemplateResult {
    const picture = this.pictures.find((one) => one.id === job.record.pictureId);
    const url =
      job.previewUrl ?? (picture === undefined ? null : this.#urls.url(picture.id, picture.thumbnail));
    return url === null ? html`<span class="blank"></span>` : html`<img alt="" src=${url} />`;
  }

  #price({ record: { state, price } }: JobView): TemplateResult | typeof nothing {
    if (this.policy === null || price === undefined) return nothing;
    const amount = amountText(this.policy, price);
    const words =
      state === 'done'
        ? t('job.paid', { amount })
        : state === 'queued' || state === 'running'
          ? t('job.price', { amount })
          : t('job.notCharged');
    return html`<span class="small soft num">${words}</span>`;
  }

  #status(job: JobView): TemplateResult {
    switch (job.record.state) {
      case 'running':
        return html`<span class="small soft num"
          >${t(`job.${job.stage}`)} ·
          ${percent(job.progress)}${job.etaS === null ? '' : ` · ${left(job.etaS)}`}</span
        >`;
      case 'queued':
        return html`<span class="small soft">${t('job.waiting')}</span>`;
      case 'failed':
        return html`<span class="small bad"
          >${job.error === null ? t('job.failed') : clipErrorSentence(job.error, job.record.settings.pack)}</span
        >`;
      case 'interrupted':
        return html`<span class="small soft">${t('job.interrupted')}</span>`;
      case 'done':
        return html`<span class="small good">${t('job.done')}</span>`;
      case 'cancelled':
        return html`<span class="small soft">${t('job.cancelled')}</span>`;
    }
  }
}

function percentCss(fraction: number): string {
  return `${Math.round(fraction * 1000) / 10}%`;
}

define('sw-queue', SwQueue);

declare global {
  interface HTMLElementTagNameMap {
    'sw-queue': SwQueue;
  }
}
