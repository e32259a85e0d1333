import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { ShownError } from '../../contracts/app.api.ts';
import type { LookedPack, PackTask } from '../../contracts/packs-view.ts';
import type { KeptPack } from '../../contracts/packs.api.ts';
import type { FlowMachine } from '../../contracts/render.api.ts';
import { define, SwElement } from '../lib/element.ts';
import { fact, licenceText, needFacts, originLine, packErrorSentence, trustLine } from '../lib/pack-words.ts';
import { packStyles } from '../pack.styles.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-pack-task/sw-pack-task.ts';

/** Whether a version comes after another; numbers, part by part. */
function isNewer(version: string, than: string): boolean {
  return new Intl.Collator('en', { numeric: true }).compare(version, than) > 0;
}

/**
 * A pack that was looked at, with all there is to know before it is installed: whether it fits, size and room, what it
 * needs, licence, who vouches for it. While it is installed: how far that is.
 *
 * @element sw-pack-offer
 * @fires sw-packs-request
 */
export class SwPackOffer extends SwElement {
  static override styles = [sharedStyles, pageStyles, packStyles];
  static override properties = {
    looked: { attribute: false },
    kept: { attribute: false },
    machine: { attribute: false },
    measuring: { type: Boolean },
    task: { attribute: false },
    busy: { type: Boolean },
    error: { attribute: false },
    licence: { state: true },
    untrusted: { state: true },
    asked: { state: true },
  };
  declare looked: LookedPack | null;
  /** What is kept of this pack, any version. */
  declare kept: readonly KeptPack[];
  declare machine: FlowMachine | null;
  declare measuring: boolean;
  /** Its installation. */
  declare task: PackTask | null;
  /** Whether another pack is worked on. */
  declare busy: boolean;
  declare error: ShownError | null;
  declare protected licence: boolean;
  declare protected untrusted: boolean;
  /** Whether Install was tried before all was accepted. */
  declare protected asked: boolean;

  constructor() {
    super();
    this.looked = null;
    this.kept = [];
    this.machine = null;
    this.measuring = false;
    this.task = null;
    this.busy = false;
    this.error = null;
    this.licence = false;
    this.untrusted = false;
    this.asked = false;
  }

  override focus(): void {
    this.renderRoot.querySelector('h2')?.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('looked') || changed.get('looked')?.origin === this.looked?.origin) return;
    this.licence = false;
    this.untrusted = false;
    this.asked = false;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { looked } = this;
    if (looked === null) return nothing;
    const { pack } = looked.offer;
    return html`<section class="card" aria-labelledby="title">
      <div class="title">
        <h2 id="title" tabindex="-1">${t('packs.offer.title', { title: pack.title })}</h2>
        <span class="soft num">${t('packs.version', { version: pack.version })}</span>
      </div>
      ${this.#verdict(looked)}
      <dl class="facts">
        ${this.#size(looked)} ${needFacts(pack, this.machine)}
        ${fact(t('packs.fact.from'), originLine(looked.origin))}
        ${fact(t('packs.trust'), trustLine(looked.offer))} ${fact(t('packs.licence'), pack.licence.spdx)}
      </dl>
      ${this.task === null ? this.#decide(looked) : html`<sw-pack-task .task=${this.task}></sw-pack-task>`}
    </section>`;
  }

  #verdict({ offer, fit }: LookedPack): TemplateResult {
    if (offer.pack.engine !== 'flow') return html`<p class="bad">${t('packs.offer.other')}</p>`;
    if (fit === null) {
      return this.measuring
        ? html`<p class="waiting soft" role="status">
            <span class="spinner" aria-hidden="true"></span>${t('packs.offer.measuring')}
          </p>`
        : html`<p class="soft">${t('packs.offer.unmeasured')}</p>`;
    }
    return html`<p class="verdict ${fit.fits ? 'good' : 'bad'}" role="status">${fit.sentence}</p>`;
  }

  #lack({ offer }: LookedPack): { need: number; free: number } | null {
    const need = offer.bytes - offer.haveBytes;
    return offer.freeBytes !== null && need > offer.freeBytes ? { need, free: offer.freeBytes } : null;
  }

  #size(looked: LookedPack): TemplateResult {
    const { bytes: all, haveBytes, freeBytes } = looked.offer;
    const size = bytes(all);
    const need = bytes(Math.max(0, all - haveBytes));
    const lack = this.#lack(looked);
    return html`${fact(
      t('packs.fact.size'),
      haveBytes > 0 ? t('packs.fact.have', { size, have: bytes(haveBytes) }) : size,
    )}
    ${fact(
      t('packs.fact.room'),
      freeBytes === null
        ? t('packs.fact.roomUnknown')
        : lack === null
          ? t('packs.fact.needs', { need, free: bytes(freeBytes) })
          : html`<span class="bad"
              >${t('packs.fact.noRoom', { need, free: bytes(freeBytes), lack: bytes(lack.need - lack.free) })}</span
            >`,
    )}`;
  }

  #decide(looked: LookedPack): TemplateResult {
    const { pack, trust, haveBytes } = looked.offer;
    const same = this.kept.find((one) => one.pack.version === pack.version);
    const other = this.kept.find((one) => one.pack.version !== pack.version && one.state === 'installed');
    const done = same?.state === 'installed';
    const can = pack.engine === 'flow' && !done && !this.busy && this.#lack(looked) === null;
    const agreed = this.licence && (trust === 'trusted' || this.untrusted);
    return html`${licenceText(pack)}
      ${
        done || pack.engine !== 'flow'
          ? nothing
          : html`${this.#box('licence', this.licence, t('packs.licence.accept'))}
            ${trust === 'trusted' ? nothing : this.#warning(trust)}`
      }
      ${
        done
          ? html`<p class="good">${t('packs.offer.installed')}</p>`
          : other === undefined
            ? nothing
            : html`<p>
                ${
                  isNewer(pack.version, other.pack.version)
                    ? t('packs.offer.replaces', { version: other.pack.version })
                    : t('packs.offer.older', { version: other.pack.version })
                }
              </p>`
      }
      ${
        this.error === null
          ? nothing
          : html`<div class="warn bad" role="alert">
              <sw-icon name="alert"></sw-icon>
              <div><p>${packErrorSentence(this.error)}</p></div>
            </div>`
      }
      <div role="status">
        ${this.asked && !agreed ? html`<p class="bad">${t('packs.offer.first')}</p>` : nothing}
      </div>
      <div class="actions">
        ${
          done || pack.engine !== 'flow'
            ? nothing
            : html`<button
                class="btn primary"
                type="button"
                aria-disabled=${!can || !agreed}
                @click=${() => (can ? this.#install(agreed) : undefined)}
              >
                ${haveBytes > 0 && same !== undefined ? t('packs.offer.goOn') : t('packs.offer.install')}
                ${this.#time(looked)}
              </button>`
        }
        <button class="btn" type="button" @click=${() => this.ask('packs', { do: 'forgetLooked', args: [] })}>
          ${done ? t('common.close') : t('common.cancel')}
        </button>
      </div>`;
  }

  /** How long a clip takes says the verdict; of the installation only the size is known. */
  #time({ offer }: LookedPack): TemplateResult {
    const need = Math.max(0, offer.bytes - offer.haveBytes);
    return html`<span class="num">· ${bytes(need)}</span>`;
  }

  #box(name: 'licence' | 'untrusted', checked: boolean, label: string): TemplateResult {
    return html`<label class="box ${this.asked && !checked ? 'asked' : ''}">
      <input
        type="checkbox"
        name=${name}
        .checked=${checked}
        @change=${(event: Event) => {
          if (event.target instanceof HTMLInputElement) this[name] = event.target.checked;
        }}
      />
      ${label}
    </label>`;
  }

  #warning(trust: 'unsigned' | 'unknown-key'): TemplateResult {
    return html`<div class="warn">
      <sw-icon name="alert"></sw-icon>
      <div>
        <p>${t(trust === 'unsigned' ? 'packs.trust.warnUnsigned' : 'packs.trust.warnUnknown')}</p>
        ${this.#box('untrusted', this.untrusted, t('packs.trust.accept'))}
      </div>
    </div>`;
  }

  #install(agreed: boolean): void {
    if (agreed) {
      const { licence, untrusted } = this;
      this.ask('packs', { do: 'install', args: [{ licence, untrusted }] });
      return;
    }
    this.asked = true;
    const missing = this.licence ? 'untrusted' : 'licence';
    this.renderRoot.querySelector<HTMLInputElement>(`input[name='${missing}']`)?.focus();
  }
}

define('sw-pack-offer', SwPackOffer);

declare global {
  interface HTMLElementTagNameMap {
    'sw-pack-offer': SwPackOffer;
  }
}
