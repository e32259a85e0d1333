import { html, nothing, type TemplateResult } from 'lit';
import type { ShownError } from '../../contracts/app.api.ts';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { readPastedTokens } from '../lib/pasted-tokens.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import { hostCodeStyles } from './sw-host-code.styles.ts';

/**
 * Where a host gives the tiers: this device's code, which the host needs, and a place for what it gives in return.
 *
 * @element sw-host-code
 * @fires sw-accept-tokens-request
 */
export class SwHostCode extends SwElement {
  static override styles = [sharedStyles, pageStyles, hostCodeStyles];
  static override properties = {
    view: { attribute: false },
    copied: { state: true },
    missing: { state: true },
  };
  declare view: LicenceView | null;
  declare protected copied: boolean;
  /** What was handed in holds no token. */
  declare protected missing: boolean;

  constructor() {
    super();
    this.view = null;
    this.copied = false;
    this.missing = false;
  }

  /** Puts the focus into the field for what the host gave. */
  focusField(): void {
    this.renderRoot.querySelector('textarea')?.focus();
  }

  /** Empties the field, once what was in it was taken. */
  clear(): void {
    const field = this.renderRoot.querySelector('textarea');
    if (field !== null) field.value = '';
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view, missing } = this;
    if (view === null) return nothing;
    const error = missing ? t('account.tokens.none') : view.error === null ? null : refusal(view.error);
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${t('account.host')}</h2>
      <p class="soft">${t('account.host.line')}</p>
      ${this.#code(view.deviceThumbprint)}
      <form novalidate @submit=${(event: Event) => this.#take(event)}>
        <label for="tokens">${t('account.tokens')}</label>
        <textarea
          id="tokens"
          dir="ltr"
          rows="3"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          aria-describedby="said"
          aria-invalid=${error !== null}
          @input=${() => (this.missing = false)}
        ></textarea>
        <p id="said" class="small bad" role="alert">${error ?? nothing}</p>
        <button class="btn primary" type="submit" aria-disabled=${view.busy !== null}>
          ${view.busy === 'refresh' ? t('account.tokens.busy') : t('account.tokens.take')}
        </button>
      </form>
    </section>`;
  }

  #code(thumbprint: string | null): TemplateResult {
    if (thumbprint === null) return html`<p>${t('account.host.wait')}</p>`;
    return html`<div class="code">
      <code dir="ltr">${thumbprint}</code>
      <button class="btn" type="button" @click=${() => void this.#copy(thumbprint)}>
        ${this.copied ? t('account.copied') : t('account.copy')}
      </button>
    </div>`;
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.copied = true;
    } catch {
      // Not allowed here: the code is on the page, selected as a whole with one click.
      this.copied = false;
    }
  }

  #take(event: Event): void {
    event.preventDefault();
    if (this.view?.busy !== null) return;
    const tokens = readPastedTokens(this.renderRoot.querySelector('textarea')?.value ?? '');
    this.missing = tokens === null;
    if (tokens === null) this.focusField();
    else this.ask('accept-tokens', tokens);
  }
}

/** Of a token a person knows only who gave it: that is whom to ask. */
function refusal(error: ShownError): string {
  const isToken = error.code === 'ERR_LICENCE_TOKEN' || error.code === 'ERR_LICENCE_DEVICE';
  return isToken ? t('account.tokens.refused') : errorSentence(error);
}

define('sw-host-code', SwHostCode);

declare global {
  interface HTMLElementTagNameMap {
    'sw-host-code': SwHostCode;
  }
}
