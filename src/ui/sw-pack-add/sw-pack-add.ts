import { css, html, type TemplateResult } from 'lit';
import { define, SwElement } from '../lib/element.ts';
import { packAddress, pickPack } from '../lib/pack-files.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import '../strings/packs-strings.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';

/**
 * Where a pack may come from: an address, a folder, a ZIP file.
 *
 * @element sw-pack-add
 * @fires sw-packs-request to look at it
 */
export class SwPackAdd extends SwElement {
  static override styles = [
    sharedStyles,
    pageStyles,
    css`
      form {
        display: flex;
        flex-direction: column;
        gap: var(--sw-space-2);
      }
      label {
        font-weight: 600;
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: var(--sw-space-2);
      }
      input {
        flex: 1 1 240px;
        min-inline-size: 0;
        min-block-size: 48px;
        padding-inline: var(--sw-space-3);
        border: 1px solid var(--sw-line-strong);
        border-radius: var(--sw-radius-m);
        background: var(--sw-surface);
      }
      input[aria-invalid='true'] {
        border-color: var(--sw-danger);
      }
      .row .btn {
        min-block-size: 48px;
      }
    `,
  ];
  static override properties = {
    offline: { type: Boolean },
    busy: { type: Boolean },
    bad: { state: true },
  };
  /** Whether the browser says that there is no connection. */
  declare offline: boolean;
  /** Whether something is looked at or installed now, so that this has to wait. */
  declare busy: boolean;
  declare protected bad: boolean;

  constructor() {
    super();
    this.offline = false;
    this.busy = false;
    this.bad = false;
  }

  override focus(): void {
    this.renderRoot.querySelector('input')?.focus();
  }

  protected override render(): TemplateResult {
    return html`<section class="card">
      <h2>${t('packs.add.title')}</h2>
      <form novalidate @submit=${(event: Event) => this.#submit(event)}>
        <label for="address">${t('packs.add.address')}</label>
        <div class="row">
          <input
            id="address"
            name="address"
            type="url"
            inputmode="url"
            dir="ltr"
            autocomplete="off"
            spellcheck="false"
            placeholder=${t('packs.add.placeholder')}
            aria-describedby="address-help"
            aria-invalid=${this.bad}
            @input=${() => (this.bad = false)}
          />
          <button class="btn" type="submit" aria-disabled=${this.busy}>${t('packs.add.look')}</button>
        </div>
        <p id="address-help" class="small ${this.bad ? 'bad' : 'soft'}" aria-live="polite">
          ${this.bad ? t('packs.add.bad') : this.offline ? t('packs.add.offline') : t('packs.add.lookHelp')}
        </p>
      </form>
      <div class="row">
        ${this.#pick('folder', t('packs.add.folder'))}${this.#pick('zip', t('packs.add.zip'))}
      </div>
      <p class="small soft">${t('packs.add.drop')}</p>
    </section>`;
  }

  #pick(kind: 'folder' | 'zip', label: string): TemplateResult {
    return html`<button
      class="btn"
      type="button"
      aria-disabled=${this.busy}
      @click=${async () => {
        if (this.busy) return;
        const origin = await pickPack(kind);
        if (origin !== null) this.ask('packs', { do: 'look', args: [origin] });
      }}
    >
      <sw-icon name=${kind === 'folder' ? 'grid' : 'box'}></sw-icon>${label}
    </button>`;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const input = this.renderRoot.querySelector('input');
    if (input === null || this.busy) return;
    const url = packAddress(input.value);
    this.bad = url === null;
    if (url === null) input.focus();
    else this.ask('packs', { do: 'look', args: [{ kind: 'url', url }] });
  }
}

define('sw-pack-add', SwPackAdd);

declare global {
  interface HTMLElementTagNameMap {
    'sw-pack-add': SwPackAdd;
  }
}
