import { html, nothing, type TemplateResult } from 'lit';
import {
  ASPECTS,
  DEFAULT_SETTINGS,
  FRAME_RATES,
  RESOLUTIONS,
  SECONDS_MAX,
  SECONDS_MIN,
  type ClipSettings,
} from '../../contracts/settings.ts';
import { define, SwElement } from '../lib/element.ts';
import type { ChoiceLocks, LockedChoice } from '../lib/choice-locks.ts';
import { shapeName } from '../lib/names.ts';
import { sharedStyles } from '../shared.styles.ts';
import { secondsShort } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-segments/sw-segments.ts';
import type { SegmentChangeEvent, SegmentLockedEvent } from '../sw-segments/sw-segments.ts';
import { settingsStyles } from './sw-settings.styles.ts';

/** Up to here a clip is at its best, seconds; beyond it two clips are suggested. */
export const BEST_MAX_S = 8;
const BEST_MIN_S = 4;
const RATIO: Readonly<Record<Exclude<ClipSettings['aspect'], 'source'>, number>> = {
  '9:16': 9 / 16,
  '1:1': 1,
  '16:9': 16 / 9,
};

/**
 * Length, size, shape; frames a second, variation and metadata under More.
 *
 * @element sw-settings
 * @fires sw-settings-request
 * @fires sw-new-seed-request
 * @fires sw-make-request with two parts, from the suggestion above eight seconds
 */
export class SwSettings extends SwElement {
  static override styles = [sharedStyles, settingsStyles];
  static override properties = {
    settings: { attribute: false },
    ratio: { type: Number },
    canMake: { type: Boolean, attribute: 'can-make' },
    locks: { attribute: false },
    tried: { state: true },
  };
  declare settings: ClipSettings;
  /** Width over height of the picture, for the outline of its shape. */
  declare ratio: number;
  declare canMake: boolean;
  /** Choices that the tier in force lacks; null where there is no licence. */
  declare locks: ChoiceLocks | null;
  /** The lock that the person ran into last. */
  declare protected tried: LockedChoice | null;

  constructor() {
    super();
    this.settings = DEFAULT_SETTINGS;
    this.ratio = 1;
    this.canMake = false;
    this.locks = null;
    this.tried = null;
  }

  protected override render(): TemplateResult {
    return html`${this.#length()}${this.#size()}${this.#shape()}${this.#more()}`;
  }

  #length(): TemplateResult {
    const { seconds } = this.settings;
    const hint =
      seconds < BEST_MIN_S
        ? t('settings.length.draft')
        : seconds <= BEST_MAX_S
          ? t('settings.length.best')
          : '';
    const value = t('settings.seconds', { count: seconds });
    return html`<section class="row">
      <div class="head">
        <h3 id="length">${t('settings.length')}</h3>
        <span
          ><b class="num">${value}</b>
          ${hint === '' ? nothing : html`<span class="soft small">· ${hint}</span>`}</span
        >
      </div>
      <div class="range">
        <input
          type="range"
          aria-labelledby="length"
          aria-valuetext=${hint === '' ? value : `${value}, ${hint}`}
          min=${SECONDS_MIN}
          max=${SECONDS_MAX}
          step="1"
          .value=${String(seconds)}
          @input=${(event: Event) => {
            if (event.target instanceof HTMLInputElement) {
              this.#setLength(event.target);
            }
          }}
        />
        <div class="axis num" aria-hidden="true">
          <span class="draft">${secondsShort(SECONDS_MIN)} ${t('settings.length.axisDraft')}</span>
          <span class="best"
            >${number(BEST_MIN_S)}–${secondsShort(BEST_MAX_S)} ${t('settings.length.axisBest')}</span
          >
          <span class="end">${secondsShort(SECONDS_MAX)}</span>
        </div>
      </div>
      ${this.#lengthLock()}${this.#tried('seconds')}
      ${seconds > BEST_MAX_S ? this.#twoClips(seconds) : nothing}
    </section>`;
  }

  /** A length that the tier lacks isn't taken: the slider stays at the nearest one that it has. */
  #setLength(input: HTMLInputElement): void {
    const free = this.locks?.seconds ?? null;
    const wanted = input.valueAsNumber;
    const seconds = free === null ? wanted : Math.min(free.max, Math.max(free.min, wanted));
    if (free !== null) this.tried = seconds === wanted ? null : free.locked;
    if (seconds !== wanted) input.value = String(seconds);
    if (seconds !== this.settings.seconds) this.ask('settings', { change: { seconds } });
  }

  #lengthLock(): TemplateResult | typeof nothing {
    const free = this.locks?.seconds ?? null;
    if (free === null || this.tried?.what === 'seconds') return nothing;
    return html`<p class="small soft locked"><sw-icon name="lock"></sw-icon>${free.upTo}</p>`;
  }

  /** Why what was tried last is locked, and where to read on. */
  #tried(what: LockedChoice['what']): TemplateResult | typeof nothing {
    if (this.locks === null) return nothing;
    const lock = this.tried?.what === what ? this.tried : null;
    return html`<div role="status">
      ${
        lock === null
          ? nothing
          : html`<p class="small locked">
              <sw-icon name="lock"></sw-icon><span>${lock.sentence}</span>
              <a href="#/account">${t('price.see')}</a>
            </p>`
      }
    </div>`;
  }

  #twoClips(seconds: number): TemplateResult {
    const each = Math.ceil(seconds / 2);
    return html`<div class="tip" role="note">
      <span>${t('settings.length.long')}</span>
      <button
        class="btn"
        type="button"
        ?disabled=${!this.canMake}
        @click=${() => {
          this.ask('settings', { change: { seconds: each } });
          this.ask('make', { parts: 2 });
        }}
      >
        ${t('settings.length.two', { each: secondsShort(each) })}
      </button>
    </div>`;
  }

  #size(): TemplateResult {
    return html`<section class="row">
      <h3>${t('settings.size')}</h3>
      <sw-segments
        .label=${t('settings.size')}
        .value=${this.settings.resolution}
        .choices=${RESOLUTIONS.map((value) => {
          const lock = this.locks?.resolutions.get(value);
          return lock === undefined
            ? { value, label: value }
            : { value, label: value, locked: true, name: lock.name };
        })}
        @sw-segment-locked=${(event: SegmentLockedEvent) => {
          this.tried = this.locks?.resolutions.get(event.value) ?? null;
        }}
        @sw-segment-change=${(event: SegmentChangeEvent) => {
          this.tried = null;
          const resolution = RESOLUTIONS.find((value) => value === event.value);
          if (resolution !== undefined) this.ask('settings', { change: { resolution } });
        }}
      ></sw-segments>
      ${this.#tried('resolution')}
    </section>`;
  }

  #shape(): TemplateResult {
    return html`<section class="row">
      <h3>${t('settings.shape')}</h3>
      <sw-segments
        .label=${t('settings.shape')}
        .value=${this.settings.aspect}
        .choices=${ASPECTS.map((value) => ({
          value,
          label: shapeName(value),
          name: value === 'source' ? t('settings.shape.sourceLong') : t(`settings.shape.${value}`),
          ratio: value === 'source' ? this.ratio : RATIO[value],
        }))}
        @sw-segment-change=${(event: SegmentChangeEvent) => {
          const aspect = ASPECTS.find((value) => value === event.value);
          if (aspect !== undefined) this.ask('settings', { change: { aspect } });
        }}
      ></sw-segments>
    </section>`;
  }

  #more(): TemplateResult {
    const { fps, seed, embedSettings } = this.settings;
    return html`<details>
      <summary>${t('settings.more')}<sw-icon name="plus"></sw-icon></summary>
      <div class="more">
        <section class="row">
          <h3>${t('settings.fps')}</h3>
          <sw-segments
            .label=${t('settings.fps')}
            .value=${String(fps)}
            .choices=${FRAME_RATES.map((value) => ({ value: String(value), label: number(value) }))}
            @sw-segment-change=${(event: SegmentChangeEvent) => {
              const rate = FRAME_RATES.find((value) => String(value) === event.value);
              if (rate !== undefined) this.ask('settings', { change: { fps: rate } });
            }}
          ></sw-segments>
        </section>
        <section class="row">
          <label for="seed"><h3>${t('settings.seed')}</h3></label>
          <div class="seed">
            <input
              id="seed"
              class="num"
              type="number"
              inputmode="numeric"
              min="0"
              max="4294967295"
              step="1"
              aria-describedby="seed-help"
              .value=${String(seed)}
              @change=${(event: Event) => this.#seed(event)}
            />
            <button
              class="btn icon"
              type="button"
              aria-label=${t('settings.seed.new')}
              title=${t('settings.seed.new')}
              @click=${() => this.ask('new-seed', null)}
            >
              <sw-icon name="shuffle"></sw-icon>
            </button>
          </div>
          <p id="seed-help" class="small soft">${t('settings.seed.help')}</p>
        </section>
        <section>
          <label class="switch">
            <span>${t('settings.embed')}</span>
            <input
              type="checkbox"
              role="switch"
              aria-describedby="embed-help"
              .checked=${embedSettings}
              @change=${(event: Event) => {
                if (event.target instanceof HTMLInputElement) {
                  this.ask('settings', { change: { embedSettings: event.target.checked } });
                }
              }}
            />
          </label>
          <p id="embed-help" class="small soft">${t('settings.embed.help')}</p>
        </section>
      </div>
    </details>`;
  }

  #seed(event: Event): void {
    if (!(event.target instanceof HTMLInputElement)) return;
    const seed = event.target.valueAsNumber;
    // A seed outside the range goes through, so that the person gets the sentence about it instead of silence.
    if (Number.isNaN(seed)) event.target.value = String(this.settings.seed);
    else this.ask('settings', { change: { seed } });
  }
}

define('sw-settings', SwSettings);

declare global {
  interface HTMLElementTagNameMap {
    'sw-settings': SwSettings;
  }
}
