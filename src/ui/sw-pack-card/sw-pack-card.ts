import { html, nothing, type TemplateResult } from 'lit';
import type { ShownError } from '../../contracts/app.api.ts';
import type { PackFit, PackTask } from '../../contracts/packs-view.ts';
import type { KeptPack } from '../../contracts/packs.api.ts';
import type { FlowMachine } from '../../contracts/render.api.ts';
import { define, SwElement } from '../lib/element.ts';
import { pickPack } from '../lib/pack-files.ts';
import { fact, licenceText, needFacts, originLine, packErrorSentence, trustLine } from '../lib/pack-words.ts';
import { packStyles } from '../pack.styles.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes, moment } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import type { IconName } from '../sw-icon/icons.ts';
import '../sw-pack-task/sw-pack-task.ts';

/**
 * A pack that is on this device, whole or not, and what can be done with it.
 *
 * @element sw-pack-card
 * @fires sw-packs-request
 * @fires sw-settings-request when it is chosen for clips
 * @fires sw-route-request then
 */
export class SwPackCard extends SwElement {
  static override styles = [sharedStyles, pageStyles, packStyles];
  static override properties = {
    kept: { attribute: false },
    fit: { attribute: false },
    machine: { attribute: false },
    measuring: { type: Boolean },
    task: { attribute: false },
    busy: { type: Boolean },
    chosen: { type: Boolean },
    error: { attribute: false },
  };
  declare kept: KeptPack | null;
  declare fit: PackFit | null;
  declare machine: FlowMachine | null;
  declare measuring: boolean;
  /** What is done with it now. */
  declare task: PackTask | null;
  /** Whether another pack is worked on, so that this one has to wait. */
  declare busy: boolean;
  /** Whether the present settings name it. */
  declare chosen: boolean;
  declare error: ShownError | null;

  constructor() {
    super();
    this.kept = null;
    this.fit = null;
    this.machine = null;
    this.measuring = false;
    this.task = null;
    this.busy = false;
    this.chosen = false;
    this.error = null;
  }

  override focus(): void {
    this.renderRoot.querySelector('h2')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { kept } = this;
    if (kept === null) return nothing;
    const { pack } = kept;
    return html`<section class="card" aria-labelledby="title">
      <div class="title">
        <h2 id="title" tabindex="-1">${pack.title}</h2>
        <span class="soft num">${t('packs.version', { version: pack.version })}</span>
      </div>
      ${this.#state(kept)} ${kept.state === 'installed' ? this.#verdict() : nothing}
      ${
        this.error === null
          ? nothing
          : html`<div class="warn bad" role="alert">
              <sw-icon name="alert"></sw-icon>
              <div>
                <p>${packErrorSentence(this.error)}</p>
                <button
                  class="btn"
                  type="button"
                  @click=${() => this.ask('packs', { do: 'dismissError', args: [] })}
                >
                  ${t('common.dismiss')}
                </button>
              </div>
            </div>`
      }
      ${this.task === null ? this.#actions(kept) : html`<sw-pack-task .task=${this.task}></sw-pack-task>`}
      <details>
        <summary><sw-icon name="plus"></sw-icon>${t('packs.more')}</summary>
        <dl class="facts">
          ${fact(t('packs.fact.size'), bytes(kept.bytes))} ${needFacts(pack, this.machine)}
          ${fact(t('packs.fact.from'), originLine(kept.from))} ${fact(t('packs.trust'), trustLine(kept))}
          ${kept.verifiedAtMs === null ? nothing : fact(t('packs.fact.checked'), moment(kept.verifiedAtMs))}
          ${fact(t('packs.licence'), pack.licence.spdx)}
        </dl>
        ${licenceText(pack)}
      </details>
    </section>`;
  }

  #state(kept: KeptPack): TemplateResult {
    switch (kept.state) {
      case 'installed':
        return html`<p class="good">${t('packs.state.installed')}</p>`;
      case 'partial':
        return html`<p>
          ${t('packs.state.partial', { have: bytes(kept.haveBytes), total: bytes(kept.bytes) })}
        </p>`;
      case 'damaged':
        return html`<p class="bad">${t('packs.state.damaged', { count: kept.damagedFiles.length })}</p>
          <ul class="files" aria-label=${t('packs.files')}>
            ${kept.damagedFiles.map((file) => html`<li dir="ltr">${file}</li>`)}
          </ul>`;
    }
  }

  #verdict(): TemplateResult | typeof nothing {
    const { fit } = this;
    if (fit !== null) return html`<p class=${fit.fits ? '' : 'bad'}>${fit.sentence}</p>`;
    return this.measuring
      ? html`<p class="waiting soft" role="status">
          <span class="spinner" aria-hidden="true"></span>${t('packs.offer.measuring')}
        </p>`
      : nothing;
  }

  #actions(kept: KeptPack): TemplateResult {
    const { id, version } = kept.pack;
    const remove = this.#button('trash', t('packs.action.delete'), 'danger', () =>
      this.ask('packs', { do: 'remove', args: [id, version] }),
    );
    switch (kept.state) {
      case 'installed':
        return html`<div class="actions">
          ${
            this.chosen
              ? html`<a class="btn" href="#/"><sw-icon name="check"></sw-icon>${t('packs.action.used')}</a>`
              : this.#button('wand', t('packs.action.use'), 'primary', () => this.#use(id), false)
          }
          ${this.#button('shield', t('packs.action.verify'), '', () =>
            this.ask('packs', { do: 'verify', args: [id, version] }),
          )}
          ${remove}
        </div>`;
      case 'partial':
        return html`<div class="actions">
          ${
            kept.from.kind === 'url'
              ? this.#button('download', t('packs.action.goOn'), 'primary', () =>
                  this.ask('packs', { do: 'resume', args: [id, version] }),
                )
              : this.#button(
                  'download',
                  t(kept.from.kind === 'zip' ? 'packs.action.goOnZip' : 'packs.action.goOnFolder'),
                  'primary',
                  () => void this.#again(kept.from, false),
                )
          }
          ${remove}
        </div>`;
      case 'damaged':
        return html`<div class="actions">
          ${
            kept.from.kind === 'url'
              ? this.#button('retry', t('packs.action.repair'), 'primary', () =>
                  this.ask('packs', { do: 'repair', args: [id, version, null] }),
                )
              : this.#button(
                  'retry',
                  t(kept.from.kind === 'zip' ? 'packs.action.repairZip' : 'packs.action.repairFolder'),
                  'primary',
                  () => void this.#again(kept.from, true),
                )
          }
          ${remove}
        </div>`;
    }
  }

  #button(icon: IconName, label: string, kind: string, run: () => void, waits = true): TemplateResult {
    const off = waits && this.busy;
    return html`<button
      class="btn ${kind}"
      type="button"
      aria-label=${t('packs.action.of', { action: label, title: this.kept?.pack.title ?? '' })}
      aria-disabled=${off}
      @click=${() => (off ? undefined : run())}
    >
      <sw-icon name=${icon}></sw-icon>${label}
    </button>`;
  }

  #use(packId: string): void {
    this.ask('settings', { change: { pack: packId } });
    this.ask('route', { route: { page: 'studio' } });
  }

  /** A folder or an archive can't be opened again by itself. */
  async #again(from: KeptPack['from'], repairs: boolean): Promise<void> {
    const pack = this.kept?.pack;
    const origin = await pickPack(from.kind === 'zip' ? 'zip' : 'folder');
    if (origin === null || pack === undefined) return;
    if (repairs) this.ask('packs', { do: 'repair', args: [pack.id, pack.version, origin] });
    else this.ask('packs', { do: 'look', args: [origin] });
  }
}

define('sw-pack-card', SwPackCard);

declare global {
  interface HTMLElementTagNameMap {
    'sw-pack-card': SwPackCard;
  }
}
