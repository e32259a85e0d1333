import { html, type TemplateResult } from 'lit';
import { define, SwElement } from '../lib/element.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import { matteStyles } from './sw-matte.styles.ts';

const COLOURS = [
  ['white', '#ffffff'],
  ['paper', '#f5f1e8'],
  ['grey', '#808080'],
  ['ink', '#161412'],
] as const;

/**
 * The colour behind a picture's transparent parts.
 *
 * @element sw-matte
 * @attribute colour `#rrggbb`
 * @fires sw-matte-request
 */
export class SwMatte extends SwElement {
  static override styles = [sharedStyles, matteStyles];
  static override properties = { colour: {} };
  declare colour: string;

  constructor() {
    super();
    this.colour = '#ffffff';
  }

  protected override render(): TemplateResult {
    const known = COLOURS.some(([, colour]) => colour === this.colour.toLowerCase());
    return html`<section role="group" aria-labelledby="title">
      <h3 id="title">${t('matte.label')}</h3>
      <div class="row">
        ${COLOURS.map(
          ([name, colour]) =>
            html`<button
              type="button"
              aria-label=${t(`matte.${name}`)}
              title=${t(`matte.${name}`)}
              aria-pressed=${colour === this.colour.toLowerCase()}
              ${vars({ '--colour': colour })}
              @click=${() => this.ask('matte', { colour })}
            ></button>`,
        )}
        <span class="own" aria-pressed=${!known} title=${t('matte.own')}>
          <input
            type="color"
            aria-label=${t('matte.own')}
            .value=${this.colour}
            @change=${(event: Event) => {
              if (event.target instanceof HTMLInputElement) this.ask('matte', { colour: event.target.value });
            }}
          />
        </span>
      </div>
    </section>`;
  }
}

define('sw-matte', SwMatte);

declare global {
  interface HTMLElementTagNameMap {
    'sw-matte': SwMatte;
  }
}
