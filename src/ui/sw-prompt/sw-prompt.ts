import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { ShownError } from '../../contracts/app.api.ts';
import type { ShownFit } from '../../contracts/packs-view.ts';
import type { ScoreReport } from '../../contracts/render.api.ts';
import { PROMPT_MAX } from '../../contracts/settings.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { listedNotices } from '../notices.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { promptStyles } from './sw-prompt.styles.ts';

/** How long after the last key the words are read, ms. */
const PAUSE_MS = 220;
/** From here on the number of characters is shown. */
const COUNT_FROM = PROMPT_MAX * 0.8;
const EXAMPLES = ['prompt.example.1', 'prompt.example.2', 'prompt.example.3', 'prompt.example.4'] as const;

/**
 * The person's own words: field, meter of beats, what was not understood, what can't be done, four examples.
 *
 * @element sw-prompt
 * @fires sw-motion-request a moment after the last key, at once for an example
 * @csspart field the text field
 */
export class SwPrompt extends SwElement {
  static override styles = [sharedStyles, promptStyles];
  static override properties = {
    prompt: {},
    score: { attribute: false },
    error: { attribute: false },
    words: { attribute: false },
    text: { state: true },
  };
  declare prompt: string;
  declare score: ScoreReport | null;
  declare error: ShownError | null;
  /** How many words a flow pack that reads them works well with; the score's reader then has nothing to say. Else null. */
  declare words: ShownFit['words'] | null;
  declare protected text: string;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    super();
    this.prompt = '';
    this.score = null;
    this.error = null;
    this.words = null;
    this.text = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.flush();
  }

  override focus(): void {
    this.renderRoot.querySelector('textarea')?.focus();
  }

  /** Reads what was typed now, without waiting for the pause. */
  flush(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.ask('motion', { motion: { kind: 'prompt', prompt: this.text } });
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    // What is being typed is newer than what the state says.
    if (changed.has('prompt') && this.#timer === null) this.text = this.prompt;
  }

  #typed(text: string): void {
    this.text = text;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  #example(text: string): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.text = text;
    this.ask('motion', { motion: { kind: 'prompt', prompt: text } });
  }

  protected override render(): TemplateResult {
    const empty = this.text.trim() === '';
    const tooLong = this.text.length > PROMPT_MAX;
    const read = empty || this.words !== null || this.prompt !== this.text ? null : this.score;
    const bad =
      this.words === null && this.error !== null && this.error.code !== 'ERR_INPUT_PROMPT_EMPTY' && !empty;
    return html`
      <div class="head">
        <label for="field"><h2>${t('prompt.label')}</h2></label>
        ${
          this.text.length > COUNT_FROM
            ? html`<span class="small num ${tooLong ? 'note bad' : 'soft'}"
                >${t('prompt.characters', { used: this.text.length, max: PROMPT_MAX })}</span
              >`
            : nothing
        }
      </div>
      <textarea
        id="field"
        part="field"
        rows="3"
        dir="auto"
        spellcheck="true"
        aria-describedby="about"
        aria-invalid=${bad || tooLong}
        placeholder=${t(this.words !== null ? 'prompt.flow.placeholder' : 'prompt.placeholder')}
        .value=${this.text}
        @input=${(event: Event) => {
          if (event.target instanceof HTMLTextAreaElement) this.#typed(event.target.value);
        }}
        @change=${() => this.flush()}
      ></textarea>
      <div id="about" aria-live="polite">
        ${
          bad && this.error !== null
            ? html`<p class="note bad"><sw-icon name="alert"></sw-icon>${errorSentence(this.error)}</p>`
            : this.words !== null
              ? this.#wordMeter(this.words)
              : this.#meter(read)
        }
      </div>
      ${bad ? nothing : this.#reading(read)}
      ${
        empty || bad
          ? html`<p class="small soft">${t('prompt.examples')}</p>
              <div class="examples">
                ${EXAMPLES.map(
                  (key) =>
                    html`<button class="btn" type="button" @click=${() => this.#example(t(key))}>
                      ${t(key)}
                    </button>`,
                )}
              </div>`
          : nothing
      }
    `;
  }

  #meter(read: ScoreReport | null): TemplateResult {
    const beats = read === null ? 0 : beatsOf(read);
    const words = wordsIn(this.text);
    const line =
      beats === 0 ? t('prompt.beats.none') : beats <= 2 ? t('prompt.beats.good') : t('prompt.beats.many');
    return html`<div class="meter small soft">
      <span class="bars" aria-hidden="true">
        ${[1, 2, 3].map(
          (place) => html`<span class="bar ${place <= beats ? (beats > 2 ? 'over' : 'on') : ''}"></span>`,
        )}
      </span>
      <span>${line}${words > 0 ? ` · ${t('prompt.words', { count: words })}` : ''}</span>
    </div>`;
  }

  #wordMeter(range: ShownFit['words']): TemplateResult {
    const { least, most } = range;
    const words = wordsIn(this.text);
    const good = words >= least && words <= most;
    const line =
      words === 0
        ? t('prompt.flow.none', range)
        : good
          ? t('prompt.flow.good')
          : words < least
            ? t('prompt.flow.few', range)
            : t('prompt.flow.many', { most });
    const bars = words === 0 ? 0 : words < least ? 1 : good ? 2 : 3;
    return html`<div class="meter small soft">
      <span class="bars" aria-hidden="true">
        ${[1, 2, 3].map(
          (place) => html`<span class="bar ${place <= bars ? (bars > 2 ? 'over' : 'on') : ''}"></span>`,
        )}
      </span>
      <span>${line}${words > 0 ? ` · ${t('prompt.words', { count: words })}` : ''}</span>
    </div>`;
  }

  #reading(read: ScoreReport | null): TemplateResult | typeof nothing {
    if (read === null) return nothing;
    const unread = read.score.unread
      .map(({ start, end }) => this.text.slice(start, end))
      .filter((word) => word !== '');
    const notices = listedNotices(read.notices);
    return html`
      ${
        unread.length === 0
          ? nothing
          : html`<p class="unread">
              <span>${t('prompt.unread')}</span
              >${unread.slice(0, 12).map((word) => html`<b dir="auto">${word}</b>`)}
            </p>`
      }
      ${
        notices.length === 0
          ? nothing
          : html`<ul>
              ${notices.map(
                (notice) => html`<li class="note"><sw-icon name="info"></sw-icon><span>${notice}</span></li>`,
              )}
            </ul>`
      }
    `;
  }
}

const wordsIn = (text: string): number => (text.trim() === '' ? 0 : text.trim().split(/\s+/u).length);

/** How many things the subject does, without the gentle life underneath. */
function beatsOf(report: ScoreReport): number {
  const camera = report.score.camera.kind === 'hold' ? 0 : 1;
  const actions = report.score.actions.filter(
    (action) => action.span !== undefined || !['idle', 'breathe'].includes(action.kind),
  ).length;
  return actions === 0 ? camera : actions;
}

define('sw-prompt', SwPrompt);

declare global {
  interface HTMLElementTagNameMap {
    'sw-prompt': SwPrompt;
  }
}
