import { html, type TemplateResult } from 'lit';
import { normaliseKey } from '../../app/licence-sums.ts';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { define, SwElement } from '../lib/element.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import { keyFormStyles } from './sw-key-form.styles.ts';

/** Characters of a key beside its prefix. */
const KEY_LENGTH = 25;
const NAME_MAX = 60;
const SYSTEMS = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'Chromebook'],
  [/Mac/, 'Mac'],
  [/Linux/, 'Linux'],
] as const;

function deviceGuess(): string {
  const system = SYSTEMS.find(([pattern]) => pattern.test(navigator.userAgent))?.[1];
  return system === undefined ? t('account.deviceGuess.other') : t('account.deviceGuess', { system });
}

/** How many characters of a key were typed, without its prefix and what separates its groups. */
function typedLength(typed: string): number {
  return typed.replace(/[^0-9A-Za-z]/g, '').replace(/^SW(?=[0-9A-Z])/i, '').length;
}

/**
 * Takes a licence key as a person types or pastes it, and a name for this device. A slip is told before anyone is asked.
 *
 * @element sw-key-form
 * @fires sw-activate-request
 */
export class SwKeyForm extends SwElement {
  static override styles = [sharedStyles, pageStyles, keyFormStyles];
  static override properties = {
    busy: { attribute: false },
    refused: { type: Boolean },
    typed: { state: true },
    name: { state: true },
  };
  declare busy: LicenceView['busy'];
  /** What was sent was refused; why is said beside this form. */
  declare refused: boolean;
  declare protected typed: string;
  declare protected name: string | null;

  constructor() {
    super();
    this.busy = null;
    this.refused = false;
    this.typed = '';
    this.name = null;
  }

  /** Back to the key, all of it selected: the next one is to take its place. */
  focusKey(): void {
    const field = this.renderRoot.querySelector<HTMLInputElement>('#key');
    field?.focus();
    field?.select();
  }

  protected override render(): TemplateResult {
    const { typed, busy } = this;
    const count = typedLength(typed);
    const whole = normaliseKey(typed) !== null;
    const slip = !whole && count >= KEY_LENGTH;
    const ready = whole && busy === null;
    return html`<form
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        if (ready) this.ask('activate', { key: typed, deviceName: this.#name() });
      }}
    >
      <div class="field">
        <label for="key">${t('account.key')}</label>
        <input
          id="key"
          class="key"
          dir="ltr"
          autocomplete="off"
          autocapitalize="characters"
          autocorrect="off"
          spellcheck="false"
          enterkeyhint="go"
          placeholder="SW-•••••-•••••-•••••-•••••-•••••"
          aria-describedby="key-help key-said"
          aria-invalid=${slip || this.refused}
          .value=${typed}
          @input=${(event: Event) => {
            if (event.target instanceof HTMLInputElement) this.typed = event.target.value;
          }}
        />
        <span id="key-help" class="small soft">${t('account.key.line')}</span>
        <span id="key-said" class="small num ${slip ? 'bad' : whole ? 'good' : 'soft'}" role="status"
          >${
            slip
              ? t('account.key.slip')
              : whole && !this.refused
                ? t('account.key.whole')
                : whole || count === 0
                  ? ''
                  : t('account.key.count', { count })
          }</span
        >
      </div>
      <div class="field">
        <label for="name">${t('account.deviceName')}</label>
        <input
          id="name"
          autocomplete="off"
          maxlength=${NAME_MAX}
          aria-describedby="name-help"
          .value=${this.name ?? deviceGuess()}
          @input=${(event: Event) => {
            if (event.target instanceof HTMLInputElement) this.name = event.target.value;
          }}
        />
        <span id="name-help" class="small soft">${t('account.deviceName.line')}</span>
      </div>
      <button class="btn primary" type="submit" aria-disabled=${!ready}>
        ${busy === 'activate' ? t('account.activating') : t('account.activate')}
      </button>
    </form>`;
  }

  #name(): string {
    const name = (this.name ?? '').trim();
    return name === '' ? deviceGuess() : name;
  }
}

define('sw-key-form', SwKeyForm);

declare global {
  interface HTMLElementTagNameMap {
    'sw-key-form': SwKeyForm;
  }
}
