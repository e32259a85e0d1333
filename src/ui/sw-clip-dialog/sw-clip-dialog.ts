import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { CharacterRecord, ClipRecord } from '../../contracts/records.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { motionName } from '../lib/names.ts';
import { noticeText } from '../notices.ts';
import { sharedStyles } from '../shared.styles.ts';
import { moment } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import { canShareFiles, clipFacts } from '../sw-clip-actions/sw-clip-actions.ts';
import '../sw-icon/sw-icon.ts';
import { clipDialogStyles } from './sw-clip-dialog.styles.ts';

/**
 * One clip of the gallery, large, with everything that can be done with it.
 *
 * @element sw-clip-dialog
 * @fires sw-route-request back to the gallery
 * @fires sw-rename-clip-request
 * @fires sw-move-clip-request
 * @fires sw-download-request
 * @fires sw-share-request
 * @fires sw-regenerate-request
 * @fires sw-tweak-request
 * @fires sw-delete-clips-request
 */
export class SwClipDialog extends SwElement {
  static override styles = [sharedStyles, clipDialogStyles];
  static override properties = { clip: { attribute: false }, characters: { attribute: false } };
  declare clip: ClipRecord | null;
  declare characters: readonly CharacterRecord[];
  readonly #urls = new BlobUrls();

  constructor() {
    super();
    this.clip = null;
    this.characters = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#urls.clear();
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const dialog = this.renderRoot.querySelector('dialog');
    if (this.clip !== null && dialog?.open === false) dialog.showModal();
    if (this.clip === null) this.#urls.clear();
  }

  #close(): void {
    this.ask('route', { route: { page: 'gallery' } });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { clip } = this;
    if (clip === null) return nothing;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    return html`<dialog
      aria-label=${t('clip.label', { name: clip.name })}
      @close=${() => this.#close()}
      @click=${(event: Event) => {
        if (event.target instanceof HTMLDialogElement) event.target.close();
      }}
    >
      <button
        class="btn icon quiet close"
        type="button"
        aria-label=${t('common.close')}
        @click=${() => this.renderRoot.querySelector('dialog')?.close()}
      >
        <sw-icon name="close"></sw-icon>
      </button>
      <div class="body">
        <div class="show">
          <video
            controls
            loop
            playsinline
            .muted=${true}
            ?autoplay=${!still}
            poster=${this.#urls.url('poster', clip.poster)}
            src=${this.#urls.url('file', clip.file)}
          ></video>
        </div>
        <div class="side">${this.#side(clip)}</div>
      </div>
    </dialog>`;
  }

  #side(clip: ClipRecord): TemplateResult {
    const { id: clipId, settings } = clip;
    const plain = { useGrouping: false };
    return html`
      <label class="field"
        >${t('clip.name')}
        <input
          dir="auto"
          maxlength="120"
          .value=${clip.name}
          @change=${(event: Event) => this.#rename(clip, event)}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === 'Enter' && event.target instanceof HTMLElement) event.target.blur();
          }}
        />
      </label>
      <div class="facts small soft num">
        <span dir="auto">${motionName(settings.motion)}</span>
        <span>${clipFacts(clip)}</span>
        <span
          >${t('clip.fps', { fps: settings.fps })} ·
          ${t('clip.seed', { seed: number(settings.seed, plain) })}</span
        >
        <span>${moment(clip.createdAtMs)}</span>
      </div>
      <div class="grid">
        <button
          class="btn primary whole"
          type="button"
          autofocus
          @click=${() => this.ask('download', { clipId })}
        >
          <sw-icon name="download"></sw-icon>${t('common.download')}
        </button>
        ${
          canShareFiles()
            ? html`<button class="btn whole" type="button" @click=${() => this.ask('share', { clipId })}>
                <sw-icon name="share"></sw-icon>${t('common.share')}
              </button>`
            : nothing
        }
        <button class="btn whole" type="button" @click=${() => this.ask('regenerate', { clipId })}>
          <sw-icon name="shuffle"></sw-icon>${t('clip.regenerate')}
        </button>
        <button class="btn whole" type="button" @click=${() => this.ask('tweak', { clipId })}>
          <sw-icon name="sliders"></sw-icon>${t('clip.tweak')}
        </button>
      </div>
      ${this.characters.length < 2 ? nothing : this.#belongs(clip)}
      ${
        clip.notices.length === 0
          ? nothing
          : html`<section>
              <h3>${t('clip.notices')}</h3>
              <ul>
                ${clip.notices.map((notice) => html`<li>${noticeText(notice)}</li>`)}
              </ul>
            </section>`
      }
      <button
        class="btn quiet danger last"
        type="button"
        @click=${() => {
          this.ask('delete-clips', { clipIds: [clipId] });
          this.renderRoot.querySelector('dialog')?.close();
        }}
      >
        <sw-icon name="trash"></sw-icon>${t('common.delete')}
      </button>
    `;
  }

  #belongs(clip: ClipRecord): TemplateResult {
    return html`<label class="field"
      >${t('clip.moved')}
      <select
        @change=${(event: Event) => {
          if (event.target instanceof HTMLSelectElement) {
            this.ask('move-clip', { clipId: clip.id, characterId: event.target.value });
          }
        }}
      >
        ${this.characters.map(
          (one) =>
            html`<option value=${one.id} ?selected=${one.id === clip.characterId}>${one.name}</option>`,
        )}
      </select>
    </label>`;
  }

  #rename(clip: ClipRecord, event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    const name = event.target.value.trim();
    if (name === '' || name === clip.name) event.target.value = clip.name;
    else this.ask('rename-clip', { clipId: clip.id, name });
  }
}

define('sw-clip-dialog', SwClipDialog);

declare global {
  interface HTMLElementTagNameMap {
    'sw-clip-dialog': SwClipDialog;
  }
}
