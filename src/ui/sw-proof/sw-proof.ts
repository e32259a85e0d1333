import { html, nothing, type TemplateResult } from 'lit';
import { define, SwElement } from '../lib/element.ts';
import { requestProof, type Requested, type RequestProof } from '../lib/requests.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import { proofStyles } from './sw-proof.styles.ts';

/** How often the list is read again while it is looked at, ms. */
const REFRESH_MS = 2000;

/**
 * The proof of the privacy line: every address requested since the page opened.
 *
 * @element sw-proof
 */
export class SwProof extends SwElement {
  static override styles = [sharedStyles, pageStyles, proofStyles];
  static override properties = { proof: { state: true } };
  declare protected proof: RequestProof | null;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor() {
    super();
    this.proof = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const read = (): void => {
      this.proof = requestProof();
    };
    read();
    this.#timer = setInterval(read, REFRESH_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  protected override render(): TemplateResult {
    const { proof } = this;
    return html`<div class="page">
      <header>
        <h1>${t('proof.title')}</h1>
        <p class="lead">${t('proof.line')}</p>
      </header>
      ${proof === null ? nothing : this.#proof(proof)}
      <p class="soft">${t('proof.check')}</p>
    </div>`;
  }

  #proof({ requests, complete }: RequestProof): TemplateResult {
    const total = (of: readonly Requested[]): number => of.reduce((sum, one) => sum + one.count, 0);
    const other = total(requests.filter((one) => !one.ownOrigin));
    const sent = total(requests.filter((one) => one.sends));
    return html`<div class="numbers">
        <div class="number">
          <b class="num ${other === 0 ? 'good' : 'bad'}">${number(other)}</b>${t('proof.other')}
        </div>
        <div class="number">
          <b class="num ${sent === 0 ? 'good' : 'bad'}">${number(sent)}</b>${t('proof.sent')}
        </div>
        <div class="number"><b class="num">${number(total(requests) - other)}</b>${t('proof.own')}</div>
      </div>
      <p class=${other === 0 ? 'good' : 'bad'} role="status">
        ${other === 0 ? t('proof.clean') : t('proof.dirty', { count: other })}
      </p>
      <section class="card">
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">${t('proof.address')}</th>
                <th scope="col">${t('proof.kind')}</th>
                <th scope="col">${t('proof.size')}</th>
              </tr>
            </thead>
            <tbody>
              ${requests.map((one) => this.#row(one))}
            </tbody>
          </table>
        </div>
      </section>
      <p class="small soft">${complete ? t('proof.worker') : t('proof.pageOnly')}</p>`;
  }

  #row(one: Requested): TemplateResult {
    const { pathname, search } = new URL(one.url);
    const address = one.ownOrigin ? pathname + search : one.url;
    const size = one.sizeBytes === null || one.sizeBytes === 0 ? '' : bytes(one.sizeBytes);
    return html`<tr>
      <td class=${one.ownOrigin ? '' : 'bad'}>
        ${address}${one.count > 1 ? ` × ${number(one.count)}` : nothing}
      </td>
      <td>${one.kind}</td>
      <td class="num">
        ${size}${one.fromCache ? html`<br /><span class="soft">${t('proof.cache')}</span>` : nothing}
      </td>
    </tr>`;
  }
}

define('sw-proof', SwProof);

declare global {
  interface HTMLElementTagNameMap {
    'sw-proof': SwProof;
  }
}
