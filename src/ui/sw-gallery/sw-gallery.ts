import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { AppState } from '../../contracts/app.api.ts';
import type { CharacterRecord, ClipRecord, PictureRecord } from '../../contracts/records.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { hashOf } from '../lib/routes.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-clip-card/sw-clip-card.ts';
import type { ClipSelectEvent } from '../sw-clip-card/sw-clip-card.ts';
import '../sw-clip-dialog/sw-clip-dialog.ts';
import '../sw-icon/sw-icon.ts';
import { galleryStyles } from './sw-gallery.styles.ts';

/** So many cards are drawn at first, and so many more each time the end comes near. */
const CHUNK = 60;

interface Group {
  readonly character: CharacterRecord;
  readonly clips: readonly ClipRecord[];
}

/**
 * Characters and their clips, newest first, drawn as far as the person has scrolled.
 *
 * @element sw-gallery
 * @fires sw-rename-character-request
 * @fires sw-open-stored-request a new clip of a character
 * @fires sw-delete-clips-request
 * @fires sw-download-request
 * @fires sw-persist-request
 * @fires sw-route-request
 */
export class SwGallery extends SwElement {
  static override styles = [sharedStyles, galleryStyles];
  static override properties = {
    state: { attribute: false },
    clipId: { attribute: false },
    characterId: { attribute: false },
    shown: { state: true },
    selection: { state: true },
  };
  declare state: AppState | null;
  /** The clip that is open, or null. */
  declare clipId: string | null;
  /** Only this character's clips, or null for all. */
  declare characterId: string | null;
  declare protected shown: number;
  /** Ids chosen for a common action; null while nothing is being chosen. */
  declare protected selection: ReadonlySet<string> | null;
  readonly #urls = new BlobUrls();
  #end: IntersectionObserver | null = null;

  constructor() {
    super();
    this.state = null;
    this.clipId = null;
    this.characterId = null;
    this.shown = CHUNK;
    this.selection = null;
    this.addEventListener('sw-clip-select', (event) => this.#select(event));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end?.disconnect();
    this.#end = null;
    this.#urls.clear();
    this.selection = null;
    this.shown = CHUNK;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('characterId')) this.shown = CHUNK;
    if (changed.has('state') && this.selection !== null) {
      const alive = new Set(this.state?.clips.map((clip) => clip.id));
      this.selection = new Set([...this.selection].filter((id) => alive.has(id)));
    }
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const mark = this.renderRoot.querySelector('.end');
    this.#end?.disconnect();
    this.#end = null;
    if (mark === null) return;
    this.#end = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) this.shown += CHUNK;
      },
      { rootMargin: '800px' },
    );
    this.#end.observe(mark);
  }

  #select(event: ClipSelectEvent): void {
    const next = new Set(this.selection ?? []);
    if (event.selected) next.add(event.clipId);
    else next.delete(event.clipId);
    this.selection = next;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state === null) return nothing;
    if (state.clips.length === 0) return this.#empty();
    const groups = groupsOf(state, this.characterId);
    const open = state.clips.find((clip) => clip.id === this.clipId) ?? null;
    return html`<div class="page">
        <div class="top">
          <h1>${t('gallery.title')}</h1>
          <span class="soft num">${t('gallery.count', { count: state.clips.length })}</span>
          <button
            class="btn"
            type="button"
            aria-pressed=${this.selection !== null}
            @click=${() => (this.selection = this.selection === null ? new Set() : null)}
          >
            ${this.selection === null ? t('gallery.select') : t('gallery.selectDone')}
          </button>
        </div>
        ${this.#who(state)}${this.#groups(groups, state)}${this.#store(state)}
      </div>
      ${this.selection === null ? nothing : this.#selectionBar(this.selection, groups)}
      <sw-clip-dialog .clip=${open} .characters=${state.characters}></sw-clip-dialog>`;
  }

  #empty(): TemplateResult {
    return html`<div class="empty">
      <sw-icon name="grid"></sw-icon>
      <h1>${t('gallery.empty.title')}</h1>
      <p class="soft">${t('gallery.empty.body')}</p>
      <a class="btn primary" href="#/">${t('gallery.empty.go')}</a>
    </div>`;
  }

  #who(state: AppState): TemplateResult | typeof nothing {
    const withClips = groupsOf(state, null);
    if (withClips.length < 2) return nothing;
    const faces = withClips.map(({ character }) => pictureOf(state, character.id));
    this.#urls.keepOnly(new Set(faces.flatMap((face) => (face === undefined ? [] : [face.id]))));
    return html`<nav class="who" aria-label=${t('gallery.title')}>
      <a class="all" href=${hashOf({ page: 'gallery' })} aria-current=${this.characterId === null}
        >${t('gallery.all')}</a
      >
      ${repeat(
        withClips,
        ({ character }) => character.id,
        ({ character }, at) => {
          const face = faces[at];
          return html`<a
            href=${hashOf({ page: 'gallery', characterId: character.id })}
            aria-current=${this.characterId === character.id}
          >
            ${face === undefined ? nothing : html`<img alt="" src=${this.#urls.url(face.id, face.thumbnail)} />`}
            <span dir="auto">${character.name}</span>
          </a>`;
        },
      )}
    </nav>`;
  }

  #groups(groups: readonly Group[], state: AppState): TemplateResult {
    let room = this.shown;
    const drawn: TemplateResult[] = [];
    for (const group of groups) {
      if (room <= 0) break;
      drawn.push(this.#group(group, group.clips.slice(0, room), state));
      room -= group.clips.length;
    }
    return html`${drawn}${room < 0 ? html`<div class="end"></div>` : nothing}`;
  }

  #group({ character, clips }: Group, drawn: readonly ClipRecord[], state: AppState): TemplateResult {
    const picture = pictureOf(state, character.id);
    return html`<section class="of" aria-label=${character.name}>
      <div class="of-head">
        <input
          dir="auto"
          maxlength="80"
          aria-label=${t('gallery.character')}
          .value=${character.name}
          @change=${(event: Event) => this.#rename(character, event)}
        />
        <span class="soft small num">${t('gallery.count', { count: clips.length })}</span>
        ${
          picture === undefined
            ? nothing
            : html`<button
                class="btn quiet"
                type="button"
                aria-label=${t('gallery.newClip', { name: character.name })}
                @click=${() => this.ask('open-stored', { pictureId: picture.id })}
              >
                <sw-icon name="plus"></sw-icon><span class="words">${t('gallery.new')}</span>
              </button>`
        }
      </div>
      <ul class="grid">
        ${repeat(
          drawn,
          (clip) => clip.id,
          (clip) =>
            html`<li>
              <sw-clip-card
                .clip=${clip}
                .selecting=${this.selection !== null}
                .selected=${this.selection?.has(clip.id) ?? false}
              ></sw-clip-card>
            </li>`,
        )}
      </ul>
    </section>`;
  }

  #rename(character: CharacterRecord, event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    const name = event.target.value.trim();
    if (name === '' || name === character.name) event.target.value = character.name;
    else this.ask('rename-character', { characterId: character.id, name });
  }

  #store(state: AppState): TemplateResult | typeof nothing {
    const { storage } = state;
    if (storage === null) return nothing;
    return html`<footer class="store">
      <span class="num">
        ${t('gallery.storage', { used: bytes(storage.usedBytes), quota: bytes(storage.quotaBytes) })}.
        ${storage.persisted ? t('gallery.persisted') : t('gallery.notPersisted')}
      </span>
      ${
        storage.persisted
          ? nothing
          : html`<button class="btn" type="button" @click=${() => this.ask('persist', null)}>
              ${t('gallery.persist')}
            </button>`
      }
    </footer>`;
  }

  #selectionBar(selection: ReadonlySet<string>, groups: readonly Group[]): TemplateResult {
    const clipIds = [...selection];
    const all = groups.flatMap(({ clips }) => clips.map((clip) => clip.id));
    return html`<div class="selection" role="toolbar" aria-label=${t('gallery.select')}>
      <b aria-live="polite">${t('gallery.selected', { count: clipIds.length })}</b>
      <button class="btn quiet" type="button" @click=${() => (this.selection = new Set(all))}>
        ${t('gallery.selectAll')}
      </button>
      <button
        class="btn icon"
        type="button"
        aria-label=${t('common.download')}
        title=${t('common.download')}
        ?disabled=${clipIds.length === 0}
        @click=${() => clipIds.forEach((clipId) => this.ask('download', { clipId }))}
      >
        <sw-icon name="download"></sw-icon>
      </button>
      <button
        class="btn danger"
        type="button"
        ?disabled=${clipIds.length === 0}
        @click=${() => {
          this.ask('delete-clips', { clipIds });
          this.selection = null;
        }}
      >
        <sw-icon name="trash"></sw-icon>${t('common.delete')}
      </button>
    </div>`;
  }
}

/** Clips by character, whoever has the newest clip first; a clip whose character is gone is shown all the same. */
function groupsOf(state: AppState, only: string | null): readonly Group[] {
  const byId = new Map(state.characters.map((character) => [character.id, character]));
  const groups = new Map<string, ClipRecord[]>();
  for (const clip of state.clips) {
    if (only !== null && clip.characterId !== only) continue;
    const group = groups.get(clip.characterId);
    if (group === undefined) groups.set(clip.characterId, [clip]);
    else group.push(clip);
  }
  return [...groups].map(([id, clips]) => ({
    character: byId.get(id) ?? { id, name: clips[0]?.name ?? '', createdAtMs: 0 },
    clips,
  }));
}

function pictureOf(state: AppState, characterId: string): PictureRecord | undefined {
  return state.pictures.find((picture) => picture.characterId === characterId);
}

define('sw-gallery', SwGallery);

declare global {
  interface HTMLElementTagNameMap {
    'sw-gallery': SwGallery;
  }
}
