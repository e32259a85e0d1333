import { css, html, nothing, type TemplateResult } from 'lit';
import type { KeptPack } from '../../contracts/packs.api.ts';
import { PORTRAIT } from '../../contracts/settings.ts';
import type { LockedChoice } from '../lib/choice-locks.ts';
import { define, SwElement } from '../lib/element.ts';
import { sharedStyles } from '../shared.styles.ts';
import '../strings/packs-strings.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';

/**
 * Which model makes the clip: Portrait, or one of the installed flow packs. A model that the tier in force lacks can be
 * reached and is read out with the reason, and can't be taken.
 *
 * @element sw-model
 * @fires sw-settings-request
 */
export class SwModel extends SwElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: var(--sw-space-2);
      }
      fieldset {
        display: flex;
        flex-direction: column;
        gap: var(--sw-space-2);
      }
      label {
        display: flex;
        align-items: center;
        gap: var(--sw-space-3);
        min-block-size: var(--sw-target);
        padding: var(--sw-space-2) var(--sw-space-3);
        border: 1px solid var(--sw-line);
        border-radius: var(--sw-radius-m);
        background: var(--sw-surface);
        cursor: pointer;
      }
      label:has(input:checked) {
        border-color: var(--sw-accent);
        box-shadow: inset 0 0 0 1px var(--sw-accent);
      }
      label.locked {
        cursor: default;
        color: var(--sw-ink-soft);
      }
      input {
        flex: none;
        inline-size: 20px;
        block-size: 20px;
        margin: 0;
        accent-color: var(--sw-accent-fill);
      }
      .name {
        display: flex;
        flex-direction: column;
        min-inline-size: 0;
        overflow-wrap: anywhere;
      }
      b {
        font-weight: 600;
      }
      a {
        display: inline-flex;
        align-items: center;
        min-block-size: var(--sw-target);
        align-self: start;
      }
    `,
  ];
  static override properties = {
    packs: { attribute: false },
    value: {},
    locked: { attribute: false },
    tried: { state: true },
  };
  /** Installed flow packs. */
  declare packs: readonly KeptPack[];
  /** Id of the pack in the settings. */
  declare value: string;
  /** Why packs of the better quality can't be taken; null where they can. */
  declare locked: LockedChoice | null;
  declare protected tried: boolean;

  constructor() {
    super();
    this.packs = [];
    this.value = PORTRAIT;
    this.locked = null;
    this.tried = false;
  }

  protected override render(): TemplateResult {
    return html`<h3 id="title">${t('model.title')}</h3>
      <fieldset role="radiogroup" aria-labelledby="title">
        ${this.#choice(PORTRAIT, t('model.portrait'), t('model.portrait.line'), null)}
        ${this.packs.map(({ pack }) =>
          this.#choice(
            pack.id,
            pack.title,
            t('model.flow.line'),
            pack.tier === 'advanced' ? this.locked : null,
          ),
        )}
      </fieldset>
      <div role="status">
        ${
          this.tried && this.locked !== null
            ? html`<p class="small">${this.locked.sentence}</p>
                <a class="small" href="#/account">${t('price.see')}</a>`
            : nothing
        }
      </div>
      <a class="small" href="#/packs">${t('model.more')}</a>`;
  }

  #choice(id: string, name: string, line: string, locked: LockedChoice | null): TemplateResult {
    return html`<label class=${locked === null ? '' : 'locked'}>
      <input
        type="radio"
        name="model"
        .value=${id}
        .checked=${id === this.value}
        aria-disabled=${locked === null ? nothing : 'true'}
        aria-label=${locked === null ? nothing : `${name}. ${locked.sentence}`}
        @change=${() => this.#choose(id, locked)}
      />
      <span class="name"><b dir="auto">${name}</b><span class="small soft">${line}</span></span>
      ${locked === null ? nothing : html`<sw-icon name="lock"></sw-icon>`}
    </label>`;
  }

  #choose(id: string, locked: LockedChoice | null): void {
    this.tried = locked !== null;
    if (locked === null) {
      this.ask('settings', { change: { pack: id } });
      return;
    }
    // The browser has taken it already; what was taken before is put back.
    for (const input of this.renderRoot.querySelectorAll('input')) input.checked = input.value === this.value;
  }
}

define('sw-model', SwModel);

declare global {
  interface HTMLElementTagNameMap {
    'sw-model': SwModel;
  }
}
