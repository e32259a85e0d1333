import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { App, StagePicture } from '../../contracts/app.api.ts';
import { PRESETS, type Motion, type PresetId } from '../../contracts/settings.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { presetStripStyles } from './sw-preset-strip.styles.ts';

type Choice = PresetId | 'custom';
const CHOICES: readonly Choice[] = [...PRESETS, 'custom'];
/** Long side of a still, device pixels: so much that the face alone still fills a tile sharply. */
const STILL_PX = 448;
/** Motions whose tile shows the whole picture; the others show the face, where they happen. */
const WHOLE: ReadonlySet<PresetId> = new Set<PresetId>(['wave-hello', 'breathing']);
/** Side of a tile's crop in heights of the face. */
const FACES = 2.3;

/**
 * The ready motions as pictures with names: each shows the present picture in the motion's most telling moment. A tap
 * or an arrow key chooses, and asks to play it at once.
 *
 * @element sw-preset-strip
 * @fires sw-motion-request
 * @fires sw-custom-tap Custom was tapped: whoever shows the words puts the focus there
 * @csspart strip the row
 * @csspart tile one motion
 */
export class SwPresetStrip extends SwElement {
  static override styles = [sharedStyles, presetStripStyles];
  static override properties = {
    app: { attribute: false },
    picture: { attribute: false },
    motion: { attribute: false },
  };
  declare app: App | null;
  declare picture: StagePicture;
  declare motion: Motion;
  /** Words of Custom, kept while a preset is chosen. */
  #prompt = '';
  #stillsOf = '';
  readonly #stills = new Map<Choice, HTMLCanvasElement>();
  readonly #urls = new BlobUrls();

  constructor() {
    super();
    this.app = null;
    this.picture = { phase: 'empty' };
    this.motion = { kind: 'preset', preset: 'gentle-movement' };
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#urls.clear();
    this.#stills.clear();
    this.#stillsOf = '';
  }

  /** The choice taken now. */
  get choice(): Choice {
    return this.motion.kind === 'preset' ? this.motion.preset : 'custom';
  }

  /** Chooses the next or the previous motion, round the ends. */
  step(by: 1 | -1): void {
    const at = CHOICES.indexOf(this.choice);
    this.choose(CHOICES[(at + by + CHOICES.length) % CHOICES.length] ?? 'gentle-movement');
  }

  /** Chooses a motion and asks to play it. */
  choose(choice: Choice): void {
    const motion: Motion =
      choice === 'custom' ? { kind: 'prompt', prompt: this.#prompt } : { kind: 'preset', preset: choice };
    this.ask('motion', { motion });
  }

  #tap(choice: Choice): void {
    this.choose(choice);
    if (choice === 'custom') this.dispatchEvent(new Event('sw-custom-tap'));
  }

  /** Scrolls the row, and only the row, until the choice is in it. */
  #reveal(): void {
    const strip = this.renderRoot.querySelector('.strip');
    const tile = this.renderRoot.querySelector(`[data-choice='${this.choice}']`);
    if (strip === null || tile === null) return;
    const row = strip.getBoundingClientRect();
    const box = tile.getBoundingClientRect();
    if (box.left < row.left) strip.scrollBy({ left: box.left - row.left - box.width / 2 });
    else if (box.right > row.right) strip.scrollBy({ left: box.right - row.right + box.width / 2 });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('motion') && this.motion.kind === 'prompt') this.#prompt = this.motion.prompt;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('motion')) this.#reveal();
    if (changed.has('picture') || changed.has('app')) void this.#loadStills();
  }

  /** Stills one after another, so that the engine stays free for the live preview in between. */
  async #loadStills(): Promise<void> {
    if (this.app === null || this.picture.phase !== 'open') return;
    const { record, report } = this.picture;
    const key = `${record.id} ${record.matte} ${JSON.stringify(record.points ?? null)}`;
    if (key === this.#stillsOf) return;
    this.#stillsOf = key;
    this.#stills.clear();
    for (const preset of PRESETS) {
      let bitmap: ImageBitmap | null;
      try {
        bitmap = await this.app.presetStill({ kind: 'preset', preset }, STILL_PX);
      } catch {
        return; // The tile keeps the picture itself; what went wrong is told where the picture is.
      }
      if (bitmap === null) continue;
      if (this.#stillsOf !== key) {
        bitmap.close();
        return;
      }
      this.#stills.set(preset, tileOf(bitmap, WHOLE.has(preset) ? null : report.faceBox));
      bitmap.close();
      this.requestUpdate();
    }
  }

  #onKey(event: KeyboardEvent): void {
    const rtl = getComputedStyle(this).direction === 'rtl';
    const forward = rtl ? 'ArrowLeft' : 'ArrowRight';
    const back = rtl ? 'ArrowRight' : 'ArrowLeft';
    if (event.key === forward || event.key === 'ArrowDown') this.step(1);
    else if (event.key === back || event.key === 'ArrowUp') this.step(-1);
    else if (event.key === 'Home') this.choose('gentle-movement');
    else if (event.key === 'End') this.choose('custom');
    else return;
    event.preventDefault();
    event.stopPropagation();
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>(`[data-choice='${this.choice}']`)?.focus(),
    );
  }

  protected override render(): TemplateResult {
    return html`<div
      class="strip"
      part="strip"
      role="radiogroup"
      aria-label=${t('preset.label')}
      @keydown=${(event: KeyboardEvent) => this.#onKey(event)}
    >
      ${CHOICES.map((choice) => this.#tile(choice))}
    </div>`;
  }

  #tile(choice: Choice): TemplateResult {
    const taken = choice === this.choice;
    const own = choice === 'custom';
    return html`<button
      class="tile"
      part="tile"
      role="radio"
      type="button"
      data-choice=${choice}
      title=${t(`preset.${choice}.hint`)}
      aria-checked=${taken}
      tabindex=${taken ? 0 : -1}
      @click=${() => this.#tap(choice)}
    >
      <span class="pic ${own ? 'own' : ''}">
        ${own ? html`<sw-icon name="pencil"></sw-icon>` : this.#picture(choice)}
      </span>
      <span class="name">${t(`preset.${choice}`)}</span>
    </button>`;
  }

  #picture(choice: Choice): TemplateResult | HTMLCanvasElement | typeof nothing {
    const still = this.#stills.get(choice);
    if (still !== undefined) return still;
    if (this.picture.phase !== 'open') return nothing;
    const { record } = this.picture;
    return html`<img alt="" src=${this.#urls.url('thumbnail', record.thumbnail)} />`;
  }
}

/** A still as a tile shows it: a square round the face, or the whole where there is none. The bitmap stays the caller's. */
function tileOf(
  bitmap: ImageBitmap,
  face: readonly [number, number, number, number] | null,
): HTMLCanvasElement {
  const { width, height } = bitmap;
  let side = Math.min(width, height);
  let left = (width - side) / 2;
  let top = (height - side) * 0.2;
  if (face !== null) {
    const [x, y, w, h] = face;
    side = Math.min(side, Math.max(w * width, h * height) * FACES);
    left = Math.min(width - side, Math.max(0, (x + w / 2) * width - side / 2));
    top = Math.min(height - side, Math.max(0, (y + h / 2) * height - side * 0.52));
  }
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(side);
  canvas.height = Math.round(side);
  canvas.getContext('2d')?.drawImage(bitmap, left, top, side, side, 0, 0, canvas.width, canvas.height);
  return canvas;
}

define('sw-preset-strip', SwPresetStrip);

declare global {
  interface HTMLElementTagNameMap {
    'sw-preset-strip': SwPresetStrip;
  }
}
