import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { App, AppState, JobView } from '../../contracts/app.api.ts';
import type { KeptPack } from '../../contracts/packs.api.ts';
import { errorSentence } from '../errors.ts';
import { hasAlpha } from '../lib/alpha.ts';
import { define, SwElement } from '../lib/element.ts';
import { keepsFromMaking } from '../lib/licence-state.ts';
import type * as LicenceParts from '../lib/licence-parts.ts';
import { shapeName } from '../lib/names.ts';
import { listedNotices } from '../notices.ts';
import { sharedStyles } from '../shared.styles.ts';
import { about, secondsShort } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-clip-actions/sw-clip-actions.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-job/sw-job.ts';
import '../sw-matte/sw-matte.ts';
import '../sw-preset-strip/sw-preset-strip.ts';
import '../sw-prompt/sw-prompt.ts';
import type { SwPrompt } from '../sw-prompt/sw-prompt.ts';
import '../sw-queue/sw-queue.ts';
import '../sw-settings/sw-settings.ts';
import '../sw-stage/sw-stage.ts';
import '../sw-welcome/sw-welcome.ts';
import { StudioKeys } from './studio-keys.ts';
import { isFlow, noteRow, refusedLine, settingsLine, sizeLine, verdictLine } from './studio-lines.ts';
import { studioStyles } from './sw-studio.styles.ts';

/** From this width on the settings lie beside the picture, px. */
const WIDE_PX = 900;

/** Words that flow packs work well with, before it is known what this one reads. @source requirements, P2 */
const USUAL_WORDS = { least: 50, most: 200 } as const;

/**
 * The start page: without a picture a welcome; with one the stage, the strip of motions, settings, and one bar that is
 * the button, the progress, the reason of a failure, or the finished clip's actions.
 *
 * @element sw-studio
 * @fires every request of the elements inside it
 */
export class SwStudio extends SwElement {
  static override styles = [sharedStyles, studioStyles];
  static override properties = {
    app: { attribute: false },
    state: { attribute: false },
    watching: { attribute: false },
    pendingUrl: { attribute: false },
    wide: { state: true },
    playing: { state: true },
    placing: { state: true },
    alpha: { state: true },
    licenceParts: { state: true },
  };
  declare app: App | null;
  declare state: AppState | null;
  /** Id of the job that is shown on the stage, or null. */
  declare watching: string | null;
  declare pendingUrl: string | null;
  declare protected wide: boolean;
  declare protected playing: boolean;
  declare protected placing: boolean;
  declare protected alpha: boolean;
  /** Fetched once a page has a licence. */
  declare protected licenceParts: typeof LicenceParts | null;
  #fetchingParts = false;
  #fetchingModel = false;
  #alphaOf = '';
  #sizes: ResizeObserver | null = null;
  readonly #keys = new StudioKeys({
    make: () => this.#make(),
    play: () => (this.playing = !this.playing),
    step: (by) => this.renderRoot.querySelector('sw-preset-strip')?.step(by),
    cancel: () => this.#cancel(),
  });

  constructor() {
    super();
    this.app = null;
    this.state = null;
    this.watching = null;
    this.pendingUrl = null;
    this.wide = true;
    this.playing = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.placing = false;
    this.alpha = false;
    this.licenceParts = null;
    this.addEventListener('sw-play-request', () => (this.playing = !this.playing));
    this.addEventListener('sw-place-request', (event) => (this.placing = event.detail.placing));
    this.addEventListener('sw-points-request', () => (this.placing = false));
    // A tap on a motion is the wish to see it, also where things stand still by themselves.
    this.addEventListener('sw-motion-request', () => (this.playing = true));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#keys.listen(this.ownerDocument);
    this.#sizes = new ResizeObserver(() => (this.wide = this.clientWidth >= WIDE_PX));
    this.#sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#keys.end();
    this.#sizes?.disconnect();
    this.#sizes = null;
  }

  protected override willUpdate(_changed: PropertyValues<this>): void {
    if (this.#flowPacks().length > 0 && !this.#fetchingModel) {
      this.#fetchingModel = true;
      void import('../sw-model/sw-model.ts').catch(() => (this.#fetchingModel = false));
    }
    if (this.state?.licence && !this.#fetchingParts) {
      this.#fetchingParts = true;
      void import('../lib/licence-parts.ts').then(
        (parts) => (this.licenceParts = parts),
        // Without a connection: fetched again at the next change.
        () => (this.#fetchingParts = false),
      );
    }
    const picture = this.state?.picture;
    const id = picture?.phase === 'open' ? picture.record.id : '';
    if (id === this.#alphaOf) return;
    this.#alphaOf = id;
    this.alpha = false;
    this.placing = false;
    if (picture?.phase === 'open') {
      void hasAlpha(picture.record.blob).then((alpha) => {
        if (this.#alphaOf === id) this.alpha = alpha;
      });
    }
  }

  #make(): void {
    const picture = this.state?.picture;
    if (picture?.phase !== 'open' || this.placing || this.#watched() !== null || this.#locked()) return;
    this.renderRoot.querySelectorAll('sw-prompt').forEach((prompt: SwPrompt) => prompt.flush());
    this.renderRoot.querySelector('dialog')?.close();
    this.ask('make', { parts: 1 });
  }

  #locked(): boolean {
    return keepsFromMaking(this.state?.licence ?? null);
  }

  /** Flow packs that clips can be made with. */
  #flowPacks(): readonly KeptPack[] {
    return (this.state?.packs.kept ?? []).filter(
      ({ pack, state }) => pack.engine === 'flow' && state === 'installed',
    );
  }

  #cancel(): void {
    if (this.placing) this.placing = false;
    else if (this.state?.shownClipId !== null) this.ask('show-clip', { clipId: null });
    else {
      const job = this.#watched();
      if (job === null) return;
      const working = job.record.state === 'running' || job.record.state === 'queued';
      this.ask(working ? 'cancel-job' : 'dismiss-job', { jobId: job.record.id });
    }
  }

  /** Puts the focus into the words once they are there. */
  async #write(): Promise<void> {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await this.updateComplete;
    const prompt = this.renderRoot.querySelector('sw-prompt');
    await prompt?.updateComplete;
    prompt?.focus();
  }

  #watched(): JobView | null {
    return this.state?.jobs.find((job) => job.record.id === this.watching) ?? null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state === null) return nothing;
    if (state.picture.phase === 'empty' && this.watching === null && state.shownClipId === null) {
      return html`<sw-welcome
        part="welcome"
        .samples=${state.samples}
        .pictures=${state.pictures}
        .jobs=${state.jobs}
      ></sw-welcome>`;
    }
    if (state.picture.phase === 'failed' && this.watching === null && state.shownClipId === null) {
      return html`<div class="only">${this.#stage(state)}</div>`;
    }
    return this.wide ? this.#wide(state) : this.#narrow(state);
  }

  #wide(state: AppState): TemplateResult {
    return html`<div class="open wide">
      <div class="main">${this.#stage(state)}${this.#note(state)}${this.#strip(state)}</div>
      <aside class="panel" aria-label=${t('settings.title')}>
        <div class="scroll">${this.#prompt(state)}${this.#settings(state)}${this.#queue(state)}</div>
        <div class="bar">${this.#bar(state)}</div>
      </aside>
    </div>`;
  }

  #narrow(state: AppState): TemplateResult {
    const writing = state.settings.motion.kind === 'prompt' && state.shownClipId === null;
    return html`<div class="narrow ${writing ? 'writing' : ''}">
      <div class="main">
        ${this.#stage(state)}${this.#note(state)}${state.shownClipId === null ? this.#strip(state) : nothing}
        <div class="extra">${this.#prompt(state)}${this.#queue(state)}</div>
      </div>
      <div class="bar">${this.#bar(state)}</div>
      <dialog aria-labelledby="sheet-title" @click=${(event: Event) => this.#closeOnBackdrop(event)}>
        <div class="sheet-head">
          <h2 id="sheet-title">${t('settings.open')}</h2>
          <button
            class="btn quiet"
            type="button"
            @click=${() => this.renderRoot.querySelector('dialog')?.close()}
          >
            ${t('common.done')}
          </button>
        </div>
        <div class="sheet-body">${this.#settings(state)}</div>
      </dialog>
    </div>`;
  }

  #closeOnBackdrop(event: Event): void {
    if (event.target instanceof HTMLDialogElement) event.target.close();
  }

  #stage(state: AppState): TemplateResult {
    return html`<sw-stage
      part="stage"
      aria-label=${t('stage.label')}
      role="group"
      .app=${this.app}
      .state=${state}
      .job=${this.#watched()}
      .pendingUrl=${this.pendingUrl}
      .playing=${this.playing}
      .placing=${this.placing}
    ></sw-stage>`;
  }

  #note(state: AppState): TemplateResult | typeof nothing {
    if (state.picture.phase !== 'open' || this.placing || state.shownClipId !== null) return nothing;
    const { record, report } = state.picture;
    const place = (label: string): TemplateResult =>
      html`<button class="btn" type="button" @click=${() => (this.placing = true)}>
        <sw-icon name="points"></sw-icon>${label}
      </button>`;
    if (isFlow(state)) {
      const told = listedNotices(state.packs.present?.notices ?? []);
      return told.length === 0 ? nothing : noteRow(told.join(' '));
    }
    if (record.points !== undefined) return noteRow(t('stage.pointsPlaced'), place(t('stage.movePoints')));
    if (!report.traits.hasFace) return noteRow(t('stage.noFace'), place(t('stage.place')));
    const words = state.settings.motion.kind === 'prompt' ? [] : (state.score?.notices ?? []);
    const notices = listedNotices([...report.notices, ...words]);
    return notices.length === 0 ? nothing : noteRow(notices.join(' '));
  }

  #strip(state: AppState): TemplateResult | typeof nothing {
    if (state.picture.phase === 'failed') return nothing;
    return html`<sw-preset-strip
      part="strip"
      ?inert=${state.picture.phase !== 'open'}
      .app=${this.app}
      .picture=${state.picture}
      .motion=${state.settings.motion}
      @sw-custom-tap=${() => void this.#write()}
    ></sw-preset-strip>`;
  }

  #prompt(state: AppState): TemplateResult | typeof nothing {
    const { motion } = state.settings;
    if (motion.kind !== 'prompt' || state.picture.phase === 'failed') return nothing;
    return html`<sw-prompt
      .prompt=${motion.prompt}
      .score=${state.score}
      .error=${state.scoreError}
      .words=${isFlow(state) ? (state.packs.present?.words ?? USUAL_WORDS) : null}
    ></sw-prompt>`;
  }

  #settings(state: AppState): TemplateResult {
    const open = state.picture.phase === 'open' ? state.picture : null;
    const { licence } = state;
    const locks = licence === null ? null : (this.licenceParts?.choiceLocks(licence, state.settings) ?? null);
    const models = this.#flowPacks();
    const model = locks?.extras.find(({ what }) => what === 'quality') ?? null;
    // What the choice of a model says is not said twice.
    const extras = locks?.extras.filter(({ what }) => models.length === 0 || what !== 'quality') ?? [];
    return html`${
        models.length === 0
          ? nothing
          : html`<sw-model .packs=${models} .value=${state.settings.pack} .locked=${model}></sw-model>`
      }
      ${this.alpha && open !== null ? html`<sw-matte .colour=${open.record.matte}></sw-matte>` : nothing}
      <sw-settings
        .settings=${state.settings}
        .ratio=${open === null ? 1 : open.record.width / open.record.height}
        ?can-make=${open !== null && !this.#locked()}
        .locks=${locks}
      ></sw-settings>
      ${extras.length === 0 ? nothing : html`<sw-locked .choices=${extras}></sw-locked>`}`;
  }

  #queue(state: AppState): TemplateResult | typeof nothing {
    // One job that is already shown in the bar needs no list.
    const others = state.jobs.filter(
      (job) => job.record.id !== this.watching && job.record.state !== 'cancelled',
    );
    if (others.length === 0) return nothing;
    return html`<sw-queue
      .jobs=${state.jobs}
      .pictures=${state.pictures}
      .policy=${state.licence?.policy ?? null}
    ></sw-queue>`;
  }

  #bar(state: AppState): TemplateResult {
    const job = this.#watched();
    if (job !== null) {
      return html`<sw-job
        .job=${job}
        .notifications=${state.notifications}
        .policy=${state.licence?.policy ?? null}
      ></sw-job>`;
    }
    const clip = state.clips.find((one) => one.id === state.shownClipId);
    if (clip !== undefined) return html`<sw-clip-actions .clip=${clip}></sw-clip-actions>`;
    const open = state.picture.phase === 'open' ? state.picture : null;
    const busy = state.jobs.some((one) => one.record.state === 'running' || one.record.state === 'queued');
    const { motion } = state.settings;
    const wordless = motion.kind === 'prompt' && motion.prompt.trim() === '';
    const { present } = state.packs;
    // What the reader of words says counts for the pack that is moved by it.
    const scoreError = isFlow(state) ? null : state.scoreError;
    const refused = scoreError !== null && !wordless && motion.kind === 'preset';
    const unfit = isFlow(state) && (present?.fits === false || state.packs.refused !== null);
    const blocked =
      open === null || wordless || this.placing || scoreError !== null || unfit || this.#locked();
    const make = html`<button
      class="btn primary make"
      part="make"
      type="button"
      aria-disabled=${blocked}
      aria-describedby=${state.licence === null ? nothing : 'price'}
      @click=${() => (blocked ? undefined : this.#make())}
    >
      <span class="lines">
        <span>${busy ? t('make.queue') : t('make.button')}</span>
        ${this.#underButton(state, wordless)}
      </span>
    </button>`;
    return html`${refused && scoreError !== null ? refusedLine(errorSentence(scoreError)) : nothing}
    ${isFlow(state) && open !== null ? verdictLine(state) : nothing}
    ${state.licence === null ? nothing : html`<sw-price id="price" .view=${state.licence}></sw-price>`}
    ${
      this.wide
        ? html`${make}${open === null ? nothing : html`<p class="sizes small soft num">${sizeLine(open.record, state)}</p>`}`
        : html`<div class="row">${this.#summary(state)}${make}</div>`
    }`;
  }

  #underButton(state: AppState, wordless: boolean): TemplateResult | typeof nothing {
    if (wordless) return html`<small>${t('make.needsWords')}</small>`;
    if (state.picture.phase === 'opening') return html`<small>${t('make.wait')}</small>`;
    return state.estimateS === null ? nothing : html`<small class="num">${about(state.estimateS)}</small>`;
  }

  #summary(state: AppState): TemplateResult {
    const { seconds, resolution, aspect } = state.settings;
    return html`<button
      class="btn summary"
      type="button"
      aria-label="${t('settings.open')}: ${settingsLine(state)}"
      aria-haspopup="dialog"
      @click=${() => this.renderRoot.querySelector('dialog')?.showModal()}
    >
      <sw-icon name="sliders"></sw-icon>
      <span class="num">${secondsShort(seconds)} · ${resolution}<br />${shapeName(aspect)}</span>
    </button>`;
  }
}

define('sw-studio', SwStudio);

declare global {
  interface HTMLElementTagNameMap {
    'sw-studio': SwStudio;
  }
}
