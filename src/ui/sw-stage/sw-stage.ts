import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { outputFrame } from '../../app/output-frame.ts';
import type { App, AppState, JobView, ShownError } from '../../contracts/app.api.ts';
import { PORTRAIT } from '../../contracts/settings.ts';
import type { PictureRecord } from '../../contracts/records.ts';
import { errorFacts, errorSentence } from '../errors.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { motionName } from '../lib/names.ts';
import { pickPicture } from '../lib/pick.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import { percent, secondsShort } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-points/sw-points.ts';
import type { SwPoints } from '../sw-points/sw-points.ts';
import { PreviewCanvas } from './preview-canvas.ts';
import { stageStyles } from './sw-stage.styles.ts';

/** Waits longer than this are shown with the time that has passed, seconds. */
const COUNT_FROM_S = 2;

/**
 * The picture, large, on a dark stage: opening, live preview with the crop, five points, a running job's live picture,
 * a finished clip, or what went wrong.
 *
 * @element sw-stage
 * @attribute playing whether preview or clip moves
 * @attribute placing whether the five points are being placed
 * @fires sw-play-request
 * @fires sw-points-request
 * @fires sw-close-picture-request
 * @fires sw-open-file-request
 * @cssproperty --sw-stage ground colour
 * @cssproperty --sw-stage-pad distance of the picture from the stage's edges, 16px
 */
export class SwStage extends SwElement {
  static override styles = [sharedStyles, stageStyles];
  static override properties = {
    app: { attribute: false },
    state: { attribute: false },
    job: { attribute: false },
    pendingUrl: { attribute: false },
    playing: { type: Boolean },
    placing: { type: Boolean },
    waitedS: { state: true },
  };
  declare app: App | null;
  declare state: AppState | null;
  /** The job whose live picture is shown, or null. */
  declare job: JobView | null;
  /** The picture being opened, where the page has it already. */
  declare pendingUrl: string | null;
  declare playing: boolean;
  declare placing: boolean;
  declare protected waitedS: number;
  readonly #urls = new BlobUrls();
  readonly #preview = new PreviewCanvas();
  #waiting: ReturnType<typeof setInterval> | null = null;

  constructor() {
    super();
    this.app = null;
    this.state = null;
    this.job = null;
    this.pendingUrl = null;
    this.playing = true;
    this.placing = false;
    this.waitedS = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#preview.end();
    this.#urls.clear();
    this.#count(false);
  }

  #count(on: boolean): void {
    if (on === (this.#waiting !== null)) return;
    if (this.#waiting !== null) clearInterval(this.#waiting);
    this.waitedS = 0;
    this.#waiting = on ? setInterval(() => (this.waitedS += 1), 1000) : null;
  }

  protected override willUpdate(): void {
    this.#count(this.state?.picture.phase === 'opening');
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const { app, state } = this;
    const holder = this.renderRoot.querySelector<HTMLElement>('.crop');
    if (app === null || state?.picture.phase !== 'open' || holder === null || isFlow(state)) {
      this.#preview.end();
      return;
    }
    this.#preview.show(app, holder, state.picture.record.id, () => this.requestUpdate());
    this.#preview.play(this.playing && !this.placing);
    const video = this.renderRoot.querySelector('video');
    if (video !== null) playVideo(video, this.playing);
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state, job } = this;
    if (state === null) return nothing;
    const clip = state.clips.find((one) => one.id === state.shownClipId);
    if (job === null && clip !== undefined) {
      return html`<div class="room">
          <div class="frame" ${vars({ '--ratio': String(clip.width / clip.height) })}>
            <video
              loop
              muted
              playsinline
              aria-label=${t('clip.label', { name: clip.name })}
              poster=${this.#urls.url('poster', clip.poster)}
              src=${this.#urls.url('clip', clip.file)}
              @click=${() => this.ask('play', null)}
            ></video>
          </div>
        </div>
        ${this.#playButton()}`;
    }
    this.#urls.drop('clip');
    this.#urls.drop('poster');
    if (job !== null) return this.#job(job, state);
    switch (state.picture.phase) {
      case 'empty':
        return nothing;
      case 'opening':
        return this.#opening(state);
      case 'failed':
        return this.#failed(state.picture.error);
      case 'open':
        return this.#open(state.picture.record, state);
    }
  }

  #opening(state: AppState): TemplateResult {
    const { engine } = state;
    const loading = engine.phase === 'loading';
    const ready = engine.phase === 'loading' ? engine.ready : null;
    return html`${this.pendingUrl === null ? nothing : html`<img class="ghost" alt="" src=${this.pendingUrl} />`}
      <div class="middle">
        <div class="card" role="status">
          <h2>${loading ? t('stage.engine') : t('stage.opening')}</h2>
          <div
            class="sweep"
            role="progressbar"
            aria-label=${loading ? t('stage.engine') : t('stage.opening')}
            aria-valuenow=${ready === null ? nothing : Math.round(100 * ready)}
          >
            <div class="ready" ${vars({ '--ready': `${100 * (ready ?? 0)}%` })}></div>
          </div>
          <p class="soft small num">
            ${ready === null ? '' : `${percent(ready)} · ${t('stage.engineOnce')}`}
            ${
              this.waitedS < COUNT_FROM_S
                ? nothing
                : html`${loading ? ' · ' : ''}<span aria-hidden="true"
                      >${t('stage.elapsed', { seconds: secondsShort(this.waitedS) })}</span
                    >`
            }
          </p>
          <button class="btn quiet" type="button" @click=${() => this.ask('close-picture', null)}>
            ${t('common.cancel')}
          </button>
        </div>
      </div>`;
  }

  #failed(error: ShownError): TemplateResult {
    const facts = errorFacts(error);
    const pictureFault = error.code.startsWith('ERR_INPUT_');
    return html`<div class="middle">
      <div class="card" role="alert">
        <sw-icon class="bad" name="alert"></sw-icon>
        <h2>${t(pictureFault ? 'stage.failedTitle' : 'stage.stoppedTitle')}</h2>
        <p>
          ${errorSentence(error)}${facts === '' ? nothing : html` <span class="soft num">(${facts})</span>`}
        </p>
        <div class="done">
          ${
            pictureFault
              ? nothing
              : html`<button class="btn primary" type="button" @click=${() => location.reload()}>
                  ${t('common.reload')}
                </button>`
          }
          <button
            class="btn ${pictureFault ? 'primary' : ''}"
            type="button"
            @click=${() => void this.#pick()}
          >
            ${t('common.anotherPicture')}
          </button>
          <button class="btn quiet" type="button" @click=${() => this.ask('close-picture', null)}>
            ${t('common.close')}
          </button>
        </div>
      </div>
    </div>`;
  }

  async #pick(): Promise<void> {
    const file = await pickPicture();
    if (file !== null) this.ask('open-file', { blob: file, name: file.name });
  }

  #open(record: PictureRecord, state: AppState): TemplateResult {
    const report = state.picture.phase === 'open' ? state.picture.report : null;
    const { aspect, resolution } = state.settings;
    const [x, y, w, h] = this.placing
      ? [0, 0, 1, 1]
      : (state.packs.present?.crop ??
        outputFrame(record, resolution, aspect, report?.subjectBox ?? null).crop);
    const cropped = w < 0.985 || h < 0.985;
    const url = this.#urls.url('picture', record.blob);
    const fractions = { '--fx': String(x), '--fy': String(y), '--fw': String(w), '--fh': String(h) };
    const place = { '--x': `${x * 100}%`, '--y': `${y * 100}%`, '--w': `${w * 100}%`, '--h': `${h * 100}%` };
    return html`<div class="room ${this.placing ? 'placing' : ''}">
        <div
          class="frame ${cropped ? 'cropped' : ''} ${this.placing ? 'placing' : ''}"
          ${vars({ '--ratio': String(record.width / record.height), '--matte': record.matte })}
        >
          <img class="whole" alt=${record.name} src=${url} />
          <div
            class="crop"
            ?hidden=${this.placing}
            ${vars({ ...place, ...fractions })}
            @click=${() => this.ask('play', null)}
          >
            <img class="part" alt="" src=${url} />
          </div>
          ${
            this.placing
              ? html`<sw-points
                  .points=${record.points ?? null}
                  .width=${record.width}
                  .height=${record.height}
                ></sw-points>`
              : nothing
          }
        </div>
      </div>
      ${this.placing ? this.#placing(record) : this.#controls(state, cropped)}`;
  }

  #controls(state: AppState, cropped: boolean): TemplateResult {
    const name = motionName(state.settings.motion);
    return html`<div class="top">
        <span class="chip" role="status"
          >${this.playing && !isFlow(state) ? html`<span class="dot"></span>` : nothing}${
            isFlow(state)
              ? t('stage.noPreview')
              : this.playing
                ? t('stage.preview', { motion: name })
                : t('stage.paused')
          }</span
        >
        <button
          class="round end"
          type="button"
          aria-label=${t('stage.close')}
          title=${t('stage.close')}
          @click=${() => this.ask('close-picture', null)}
        >
          <sw-icon name="close"></sw-icon>
        </button>
      </div>
      ${
        isFlow(state)
          ? cropped
            ? html`<div class="bottom"><span class="chip">${t('stage.cropNote')}</span></div>`
            : nothing
          : this.#playButton(cropped ? t('stage.cropNote') : '')
      }`;
  }

  #playButton(note = ''): TemplateResult {
    const label = this.playing ? t('stage.pauseHint') : t('stage.playHint');
    return html`<div class="bottom">
      <button
        class="round"
        type="button"
        aria-label=${label}
        title=${label}
        @click=${() => this.ask('play', null)}
      >
        <sw-icon name=${this.playing ? 'pause' : 'play'}></sw-icon>
      </button>
      ${note === '' ? nothing : html`<span class="chip">${note}</span>`}
    </div>`;
  }

  #placing(record: PictureRecord): TemplateResult {
    return html`<div class="top"><span class="chip help" role="status">${t('points.help')}</span></div>
      <div class="bottom">
        <div class="done">
          <button class="btn primary" type="button" @click=${() => this.#usePoints()}>
            ${t('points.use')}
          </button>
          ${
            record.points === undefined
              ? nothing
              : html`<button class="btn" type="button" @click=${() => this.ask('points', { points: null })}>
                  ${t('points.remove')}
                </button>`
          }
          <button class="btn" type="button" @click=${() => this.ask('place', { placing: false })}>
            ${t('common.cancel')}
          </button>
        </div>
      </div>`;
  }

  #usePoints(): void {
    const points: SwPoints | null = this.renderRoot.querySelector('sw-points');
    if (points !== null) this.ask('points', { points: points.value });
  }

  #job(job: JobView, state: AppState): TemplateResult {
    const picture = state.pictures.find((one) => one.id === job.record.pictureId);
    const { resolution, aspect } = job.record.settings;
    const size = outputFrame(picture ?? { width: 1, height: 1 }, resolution, aspect, null);
    const url = job.previewUrl ?? (picture === undefined ? null : this.#urls.url('job', picture.blob));
    const running = job.record.state === 'running';
    return html`<div class="room">
        <div class="frame" ${vars({ '--ratio': String(size.width / size.height) })}>
          ${url === null ? nothing : html`<img class="fill" alt="" src=${url} />`}
        </div>
      </div>
      <div class="top">
        <span class="chip"
          >${running ? html`<span class="dot"></span>` : nothing}${motionName(job.record.settings.motion)}</span
        >
        <button
          class="round end"
          type="button"
          aria-label=${t('job.toPreview')}
          title=${t('job.toPreview')}
          @click=${() => this.ask('watch-job', { jobId: '' })}
        >
          <sw-icon name="close"></sw-icon>
        </button>
      </div>`;
  }
}

/** Whether the settings name a pack that plays nothing before it has worked. */
const isFlow = ({ settings }: AppState): boolean => settings.pack !== PORTRAIT;

/** Plays or pauses; a refusal to play (a hidden page, a policy) leaves the poster, which is fine. */
function playVideo(video: HTMLVideoElement, playing: boolean): void {
  if (playing) void video.play().catch(() => undefined);
  else video.pause();
}

define('sw-stage', SwStage);

declare global {
  interface HTMLElementTagNameMap {
    'sw-stage': SwStage;
  }
}
