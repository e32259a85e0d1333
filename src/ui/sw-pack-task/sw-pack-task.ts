import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { PackTask } from '../../contracts/packs-view.ts';
import { define, SwElement } from '../lib/element.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes, left, percent } from '../strings/format.ts';
import '../strings/packs-strings.ts';
import { t } from '../strings/strings.ts';

/** A percentage is spoken at each multiple of this. */
const SPOKEN_STEP = 0.25;
const TICK_MS = 500;

/**
 * An installation, check or repair: phase, bytes, speed, time left, or when a cut connection is tried again; Cancel.
 *
 * @element sw-pack-task
 * @fires sw-packs-request to cancel
 */
export class SwPackTask extends SwElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: var(--sw-space-3);
      }
      .head,
      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: var(--sw-space-2) var(--sw-space-3);
      }
      .head {
        flex-wrap: nowrap;
      }
      .foot {
        align-items: center;
      }
      .percent {
        font-size: var(--sw-size-l);
        font-weight: 650;
      }
      .track {
        position: relative;
        block-size: 8px;
        border-radius: 4px;
        background: var(--sw-line);
        overflow: hidden;
      }
      .fill {
        position: absolute;
        inset-block: 0;
        inset-inline-start: 0;
        inline-size: var(--done);
        border-radius: 4px;
        background: var(--sw-accent-fill);
        transition: inline-size var(--sw-calm) linear;
      }
      .waits .fill {
        background: var(--sw-line-strong);
      }
    `,
  ];
  static override properties = {
    task: { attribute: false },
    nowMs: { state: true },
    spoken: { state: true },
  };
  declare task: PackTask | null;
  declare protected nowMs: number;
  declare protected spoken: string;
  #untilMs = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.task = null;
    this.nowMs = 0;
    this.spoken = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('task')) return;
    const { task } = this;
    const waiting = task?.progress?.waiting ?? null;
    if (waiting !== (changed.get('task')?.progress?.waiting ?? null)) {
      this.nowMs = performance.now();
      this.#untilMs = this.nowMs + (waiting?.nextMs ?? 0);
      clearInterval(this.#timer);
      this.#timer =
        waiting === null ? undefined : setInterval(() => (this.nowMs = performance.now()), TICK_MS);
    }
    if (task !== null) this.#speak(task);
  }

  /** Said at each new phase, each quarter of it, and once for each wait: not at every byte. */
  #speak(task: PackTask): void {
    const { progress } = task;
    if (progress?.waiting) {
      const seconds = Math.ceil(progress.waiting.nextMs / 1000);
      this.spoken = t('packs.task.wait', { count: seconds });
      return;
    }
    const share = Math.floor(shareOf(task) / SPOKEN_STEP) * SPOKEN_STEP;
    const words = { task: titleOf(task), phase: phaseOf(task), percent: percent(share) };
    this.spoken = t('packs.task.live', words);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { task } = this;
    if (task === null) return nothing;
    const share = shareOf(task);
    const { progress, etaS } = task;
    const waiting = progress?.waiting ?? null;
    return html`<div class="head">
        <b>${titleOf(task)}</b>
        ${progress === null ? nothing : html`<span class="percent num">${percent(share)}</span>`}
      </div>
      <div
        class="track ${waiting === null ? '' : 'waits'}"
        role="progressbar"
        aria-label=${titleOf(task)}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${progress === null ? nothing : Math.round(100 * share)}
        aria-valuetext="${phaseOf(task)}, ${percent(share)}"
      >
        <div class="fill" ${vars({ '--done': `${Math.round(1000 * share) / 10}%` })}></div>
      </div>
      <div class="foot">
        <div class="num">
          ${waiting === null ? this.#counts(task, etaS) : this.#wait(waiting.tries)}
          <p class="small soft">${t('packs.task.keepOpen')}</p>
        </div>
        <button class="btn" type="button" @click=${() => this.ask('packs', { do: 'cancel', args: [] })}>
          ${t('packs.task.cancel')}
        </button>
      </div>
      <p class="vh" role="status" aria-live="polite">${this.spoken}</p>`;
  }

  #counts(task: PackTask, etaS: number | null): TemplateResult {
    const { progress } = task;
    const facts = [
      progress === null || progress.totalBytes === 0
        ? ''
        : t('packs.task.of', { done: bytes(progress.doneBytes), total: bytes(progress.totalBytes) }),
      progress?.bytesPerSecond ? t('packs.task.rate', { rate: bytes(progress.bytesPerSecond) }) : '',
      etaS === null ? '' : left(etaS),
    ].filter((one) => one !== '');
    return html`<p>${phaseOf(task)}<span class="soft">${facts.map((one) => ` · ${one}`)}</span></p>`;
  }

  #wait(tries: number): TemplateResult {
    const seconds = Math.max(0, Math.ceil((this.#untilMs - this.nowMs) / 1000));
    return html`<p>
      ${t('packs.task.wait', { count: seconds })}
      <span class="soft">${t('packs.task.tries', { count: tries })}</span>
    </p>`;
  }
}

const titleOf = ({ kind, title }: PackTask): string => t(`packs.task.${kind}`, { title });

const phaseOf = ({ progress }: PackTask): string =>
  progress === null ? t('packs.phase.begin') : t(`packs.phase.${progress.phase}`);

function shareOf({ progress }: PackTask): number {
  return progress === null || progress.totalBytes === 0
    ? 0
    : Math.min(1, progress.doneBytes / progress.totalBytes);
}

define('sw-pack-task', SwPackTask);

declare global {
  interface HTMLElementTagNameMap {
    'sw-pack-task': SwPackTask;
  }
}
