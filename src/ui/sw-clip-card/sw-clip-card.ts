import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { ClipRecord } from '../../contracts/records.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { sharedStyles } from '../shared.styles.ts';
import { secondsShort } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import { clipCardStyles } from './sw-clip-card.styles.ts';

/** The person chose or gave up a clip for a common action. */
export class ClipSelectEvent extends Event {
  readonly clipId: string;
  readonly selected: boolean;

  constructor(clipId: string, selected: boolean) {
    super('sw-clip-select', { bubbles: true, composed: true });
    this.clipId = clipId;
    this.selected = selected;
  }
}

/**
 * One clip: its poster, which plays while a mouse is over it or the focus is on it; under reduced motion it stands.
 * A poster's URL lives only while the card is near the window, a clip's only while it plays.
 *
 * @element sw-clip-card
 * @attribute selecting whether a tap selects instead of opening
 * @attribute selected
 * @fires sw-route-request opens the clip
 * @fires sw-clip-select
 * @csspart poster
 */
export class SwClipCard extends SwElement {
  static override styles = [sharedStyles, clipCardStyles];
  static override properties = {
    clip: { attribute: false },
    selecting: { type: Boolean },
    selected: { type: Boolean },
    near: { state: true },
    playing: { state: true },
  };
  declare clip: ClipRecord | null;
  declare selecting: boolean;
  declare selected: boolean;
  declare protected near: boolean;
  declare protected playing: boolean;
  readonly #urls = new BlobUrls();
  #seen: IntersectionObserver | null = null;

  constructor() {
    super();
    this.clip = null;
    this.selecting = false;
    this.selected = false;
    this.near = false;
    this.playing = false;
    this.addEventListener('pointerenter', (event) => event.pointerType !== 'touch' && this.#play(true));
    this.addEventListener('pointerleave', () => this.#play(false));
    this.addEventListener('focusin', () => this.#play(true));
    this.addEventListener('focusout', () => this.#play(false));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#seen = new IntersectionObserver(
      (entries) => {
        this.near = entries.at(-1)?.isIntersecting ?? false;
        if (!this.near) this.playing = false;
      },
      { rootMargin: '600px' },
    );
    this.#seen.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#seen?.disconnect();
    this.#seen = null;
    this.near = false;
    this.playing = false;
    this.#urls.clear();
  }

  /** How many object URLs this card holds now. */
  get urlCount(): number {
    return this.#urls.size;
  }

  #play(on: boolean): void {
    this.playing = on && !matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  protected override updated(_changed: PropertyValues<this>): void {
    if (!this.near) this.#urls.drop('poster');
    if (!this.playing) this.#urls.drop('file');
  }

  #open(clip: ClipRecord): void {
    if (this.selecting) this.dispatchEvent(new ClipSelectEvent(clip.id, !this.selected));
    else this.ask('route', { route: { page: 'gallery', clipId: clip.id } });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { clip } = this;
    if (clip === null) return nothing;
    return html`<div class=${this.selected ? 'selected' : ''}>
      <button
        class="open"
        part="poster"
        type="button"
        aria-label=${t('gallery.open', { name: clip.name })}
        @click=${() => this.#open(clip)}
      >
        ${this.near ? html`<img alt="" decoding="async" src=${this.#urls.url('poster', clip.poster)} />` : nothing}
        ${
          this.playing && this.near
            ? html`<video
                autoplay
                loop
                .muted=${true}
                playsinline
                src=${this.#urls.url('file', clip.file)}
              ></video>`
            : nothing
        }
        <span class="length num">${secondsShort(clip.durationS)}</span>
      </button>
      ${
        this.selecting
          ? html`<label>
              <input
                type="checkbox"
                aria-label=${t('gallery.selectClip', { name: clip.name })}
                .checked=${this.selected}
                @change=${() => this.dispatchEvent(new ClipSelectEvent(clip.id, !this.selected))}
              />
            </label>`
          : nothing
      }
      <p class="name" dir="auto">${clip.name}</p>
    </div>`;
  }
}

define('sw-clip-card', SwClipCard);

declare global {
  interface HTMLElementTagNameMap {
    'sw-clip-card': SwClipCard;
  }
  interface HTMLElementEventMap {
    'sw-clip-select': ClipSelectEvent;
  }
}
