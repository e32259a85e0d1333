import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { AppState } from '../../contracts/app.api.ts';
import type { PacksView, PackTask } from '../../contracts/packs-view.ts';
import type { KeptPack } from '../../contracts/packs.api.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { keptPack, type KeptPack as KeptPortrait } from '../lib/kept-pack.ts';
import { droppedPack } from '../lib/pack-files.ts';
import { packErrorSentence, packKey } from '../lib/pack-words.ts';
import { packStyles } from '../pack.styles.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-pack-add/sw-pack-add.ts';
import '../sw-pack-card/sw-pack-card.ts';
import '../sw-pack-offer/sw-pack-offer.ts';

/** Adapters that are the processor in disguise. */
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;
const LIMITS = ['packs.limits.1', 'packs.limits.2', 'packs.limits.3', 'packs.limits.4'] as const;

/**
 * What is installed, what it needs, whether it fits this machine, what it can't do: in sentences. Flow packs are looked
 * at, installed, checked, repaired and deleted here.
 *
 * @element sw-packs
 * @fires sw-packs-request
 */
export class SwPacks extends SwElement {
  static override styles = [sharedStyles, pageStyles, packStyles];
  static override properties = {
    state: { attribute: false },
    portrait: { state: true },
    notPack: { state: true },
    done: { state: true },
  };
  declare state: AppState | null;
  declare protected portrait: KeptPortrait | null;
  /** Whether what was dropped last can't be a pack. */
  declare protected notPack: boolean;
  /** What came to a good end last. */
  declare protected done: string;
  #opened = false;
  /** Where the focus goes with the next drawing: the offer, or the card of a pack. */
  #focus: string | null = null;

  constructor() {
    super();
    this.state = null;
    this.portrait = null;
    this.notPack = false;
    this.done = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void keptPack().then((kept) => (this.portrait = kept));
    this.ownerDocument.addEventListener('drop', this.#onDrop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.ownerDocument.removeEventListener('drop', this.#onDrop);
    this.#opened = false;
  }

  readonly #onDrop = (event: DragEvent): void => {
    const found = droppedPack(event.dataTransfer);
    if (found === null) return;
    event.preventDefault();
    // A folder that can't be read is as good as none.
    const read = found.catch((): 'other' => 'other');
    void read.then((origin) => {
      this.notPack = origin === 'other';
      if (origin !== 'other') this.ask('packs', { do: 'look', args: [origin] });
    });
  };

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (this.state === null) return;
    if (!this.#opened) {
      this.#opened = true;
      // After this drawing: the answer changes the state that is drawn.
      queueMicrotask(() => this.ask('packs', { do: 'open', args: [] }));
    }
    const before = changed.get('state');
    if (before) this.#follow(before.packs, this.state.packs);
  }

  /** What has come to an end is said, and the focus goes where the next thing is to be done. */
  #follow(before: PacksView, now: PacksView): void {
    if (now.looking || now.looked !== null) this.notPack = false;
    if (before.looked === null && now.looked !== null) this.#focus = 'offer';
    const { task } = before;
    if (now.task !== null) this.done = '';
    if (task === null || now.task !== null) return;
    const kept = now.kept?.find(({ pack }) => packKey(pack) === keyOf(task));
    if (kept?.state === 'installed' && now.error === null) {
      this.done = t(`packs.done.${task.kind}`, { title: task.title });
      this.#focus = keyOf(task);
    }
  }

  protected override updated(): void {
    const wanted = this.#focus;
    if (wanted === null) return;
    const found =
      wanted === 'offer'
        ? this.renderRoot.querySelector('sw-pack-offer')
        : [...this.renderRoot.querySelectorAll('sw-pack-card')].find(
            ({ kept }) => kept !== null && packKey(kept.pack) === wanted,
          );
    if (!found) return;
    this.#focus = null;
    void found.updateComplete.then(() => found.focus());
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.state === null) return nothing;
    const { packs, online } = this.state;
    return html`<div class="page">
      <header>
        <h1>${t('packs.title')}</h1>
        <p class="lead">${t('packs.line')}</p>
      </header>
      ${this.#portraitCard(this.state)} ${this.#flow(packs, this.state)}
      <sw-pack-add ?offline=${!online} ?busy=${packs.looking || packs.task !== null}></sw-pack-add>
      <p class="small"><a href="#/hood">${t('nav.hood')}</a></p>
      <p class="vh" role="status" aria-live="polite">${this.done}</p>
    </div>`;
  }

  #flow(packs: PacksView, state: AppState): TemplateResult {
    const { kept, looked, error, machine, measuring, task } = packs;
    const offered = looked === null ? null : packKey(looked.offer.pack);
    // What is looked at is not shown twice.
    const cards = (kept ?? []).filter(
      ({ pack, state: is }) => is === 'installed' || packKey(pack) !== offered,
    );
    const here = new Set(cards.map(({ pack }) => pack.id));
    const loose = error !== null && (error.packId === null || !here.has(error.packId)) && looked === null;
    return html`<header>
        <h2>${t('packs.flow.title')}</h2>
        <p class="soft">${t('packs.flow.line')}</p>
      </header>
      ${this.#looking(packs)}
      ${
        loose
          ? html`<div class="warn bad" role="alert">
              <sw-icon name="alert"></sw-icon>
              <div>
                <p>${packErrorSentence(error.error)}</p>
                <button
                  class="btn"
                  type="button"
                  @click=${() => this.ask('packs', { do: 'dismissError', args: [] })}
                >
                  ${t('common.dismiss')}
                </button>
              </div>
            </div>`
          : this.notPack
            ? html`<div class="warn bad" role="alert">
                <sw-icon name="alert"></sw-icon>
                <div><p>${t('packs.add.notPack')}</p></div>
              </div>`
            : nothing
      }
      ${
        looked === null
          ? nothing
          : html`<sw-pack-offer
              .looked=${looked}
              .kept=${(kept ?? []).filter(({ pack }) => pack.id === looked.offer.pack.id)}
              .machine=${machine}
              ?measuring=${measuring}
              .task=${task !== null && keyOf(task) === offered && task.kind === 'install' ? task : null}
              ?busy=${task !== null && keyOf(task) !== offered}
              .error=${error !== null && (error.packId === null || error.packId === looked.offer.pack.id) ? error.error : null}
            ></sw-pack-offer>`
      }
      ${
        kept === null
          ? error === null
            ? html`<p class="waiting soft" role="status">
                <span class="spinner" aria-hidden="true"></span>${t('packs.flow.reading')}
              </p>`
            : nothing
          : cards.length === 0 && looked === null && !packs.looking
            ? html`<p class="soft">${t('packs.flow.none')}</p>`
            : repeat(
                cards,
                ({ pack }) => packKey(pack),
                (one) => this.#card(one, packs, state),
              )
      }`;
  }

  #looking({ looking }: PacksView): TemplateResult | typeof nothing {
    if (!looking) return nothing;
    return html`<section class="card" role="status">
      <div class="waiting">
        <span class="spinner" aria-hidden="true"></span>
        <h2>${t('packs.looking')}</h2>
      </div>
      <p class="soft">${t('packs.looking.body')}</p>
      <div class="actions">
        <button class="btn" type="button" @click=${() => this.ask('packs', { do: 'forgetLooked', args: [] })}>
          ${t('common.cancel')}
        </button>
      </div>
    </section>`;
  }

  #card(
    kept: KeptPack,
    { fits, machine, measuring, task, error, looked }: PacksView,
    state: AppState,
  ): TemplateResult {
    const key = packKey(kept.pack);
    const own = task !== null && keyOf(task) === key;
    const offered = looked !== null && looked.offer.pack.id === kept.pack.id;
    return html`<sw-pack-card
      .kept=${kept}
      .fit=${fits[key] ?? null}
      .machine=${machine}
      ?measuring=${measuring}
      .task=${own && !(offered && task.kind === 'install') ? task : null}
      ?busy=${task !== null}
      ?chosen=${state.settings.pack === kept.pack.id && kept.state === 'installed'}
      .error=${error?.packId === kept.pack.id && !offered ? error.error : null}
    ></sw-pack-card>`;
  }

  #portraitCard(state: AppState): TemplateResult {
    return html`<section class="card">
      <div class="card-head">
        <sw-icon name="box"></sw-icon>
        <h2>${t('packs.portrait')}</h2>
      </div>
      <p>${t('packs.portrait.body')}</p>
      ${this.#here()}
      <h3>${t('packs.fit.title')}</h3>
      ${this.#fit(state)}
      <details>
        <summary><sw-icon name="plus"></sw-icon>${t('packs.limits.title')}</summary>
        <ul class="list">
          ${LIMITS.map((key) => html`<li><sw-icon name="info"></sw-icon>${t(key)}</li>`)}
        </ul>
      </details>
    </section>`;
  }

  #here(): TemplateResult | typeof nothing {
    const { portrait } = this;
    if (portrait === null) return nothing;
    const { sizeBytes, canKeep, here } = portrait;
    const size =
      sizeBytes === null
        ? nothing
        : html`<p class="soft">${t('packs.portrait.size', { size: bytes(sizeBytes) })}</p>`;
    const line = canKeep
      ? here
        ? t('packs.portrait.here')
        : t('packs.portrait.notHere')
      : t('packs.portrait.unknown');
    return html`${size}
      <p class=${here ? 'good' : 'soft'}>${line}</p>`;
  }

  #fit(state: AppState): TemplateResult {
    const { engine } = state;
    switch (engine.phase) {
      case 'idle':
        return html`<p class="soft">${t('packs.fit.idle')}</p>`;
      case 'loading':
        return html`<p class="soft">${t('packs.fit.loading')}</p>`;
      case 'failed':
        return html`<p class="bad">${errorSentence(engine.error)}</p>`;
      case 'ready': {
        const { adapter, provider, renderer } = engine.capabilities;
        if (renderer === 'processor' || SOFTWARE.test(adapter)) return html`<p>${t('packs.fit.soft')}</p>`;
        return html`<p>${provider === 'webgpu' ? t('packs.fit.gpu') : t('packs.fit.mixed')}</p>`;
      }
    }
  }
}

const keyOf = ({ packId, version }: Pick<PackTask, 'packId' | 'version'>): string => `${packId}/${version}`;

define('sw-packs', SwPacks);

declare global {
  interface HTMLElementTagNameMap {
    'sw-packs': SwPacks;
  }
}
