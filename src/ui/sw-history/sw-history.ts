import { html, nothing, type TemplateResult } from 'lit';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { changeText } from '../lib/amounts.ts';
import { define, SwElement } from '../lib/element.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { moment } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import { deviceLines, licenceLines, type ShownLine } from './history-lines.ts';
import { historyStyles } from './sw-history.styles.ts';

/** Lines that show before a person asks for all. */
const FEW = 5;

type Part = 'here' | 'licence';

/**
 * What was spent and what came: on this device, and of the whole licence. What, when, and how much with its sign.
 *
 * @element sw-history
 */
export class SwHistory extends SwElement {
  static override styles = [sharedStyles, pageStyles, historyStyles];
  static override properties = { view: { attribute: false }, open: { state: true } };
  declare view: LicenceView | null;
  /** Parts of which all lines show. */
  declare protected open: ReadonlySet<Part>;

  constructor() {
    super();
    this.view = null;
    this.open = new Set();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { view } = this;
    if (view === null) return nothing;
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title">${t('account.history')}</h2>
      ${this.#part(view, 'here', deviceLines(view.history))}
      ${view.account === null ? nothing : this.#part(view, 'licence', licenceLines(view.account.history))}
    </section>`;
  }

  #part(view: LicenceView, part: Part, lines: readonly ShownLine[]): TemplateResult {
    const open = this.open.has(part);
    const title = t(`account.history.${part}`);
    return html`<div class="part">
      <h3>${title}</h3>
      ${
        lines.length === 0
          ? html`<p class="soft">${t('account.history.none')}</p>`
          : html`<ol aria-label=${title}>
              ${(open ? lines : lines.slice(0, FEW)).map((line) => this.#line(view, line))}
            </ol>`
      }
      ${
        lines.length <= FEW
          ? nothing
          : html`<button
              class="btn"
              type="button"
              aria-expanded=${open}
              @click=${() => {
                const next = new Set(this.open);
                if (!next.delete(part)) next.add(part);
                this.open = next;
              }}
            >
              ${open ? t('account.history.few') : t('account.history.all', { count: lines.length })}
            </button>`
      }
    </div>`;
  }

  #line({ policy }: LicenceView, { atMs, what, change, device }: ShownLine): TemplateResult {
    return html`<li>
      <div class="what">
        ${t(what)}
        <p class="small soft num">
          ${moment(atMs)}${device === null ? nothing : html` · <span dir="auto">${device}</span>`}
        </p>
      </div>
      <span class="change num ${change === 0 ? 'none' : ''}">${changeText(policy, change)}</span>
    </li>`;
  }
}

define('sw-history', SwHistory);

declare global {
  interface HTMLElementTagNameMap {
    'sw-history': SwHistory;
  }
}
