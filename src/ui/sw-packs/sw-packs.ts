import { html, nothing, type TemplateResult } from 'lit';
import type { AppState } from '../../contracts/app.api.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { keptPack, type KeptPack } from '../lib/kept-pack.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';

/** Adapters that are the processor in disguise. */
const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;
const LIMITS = ['packs.limits.1', 'packs.limits.2', 'packs.limits.3', 'packs.limits.4'] as const;

/**
 * What is installed, what it needs, whether it fits this machine, what it can't do: in sentences.
 *
 * @element sw-packs
 */
export class SwPacks extends SwElement {
  static override styles = [sharedStyles, pageStyles];
  static override properties = { state: { attribute: false }, kept: { state: true } };
  declare state: AppState | null;
  declare protected kept: KeptPack | null;

  constructor() {
    super();
    this.state = null;
    this.kept = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void keptPack().then((kept) => (this.kept = kept));
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.state === null) return nothing;
    return html`<div class="page">
      <header>
        <h1>${t('packs.title')}</h1>
        <p class="lead">${t('packs.line')}</p>
      </header>
      <section class="card">
        <div class="card-head">
          <sw-icon name="box"></sw-icon>
          <h2>${t('packs.portrait')}</h2>
        </div>
        <p>${t('packs.portrait.body')}</p>
        ${this.#here()}
      </section>
      <section class="card">
        <h2>${t('packs.fit.title')}</h2>
        ${this.#fit(this.state)}
      </section>
      <section class="card">
        <h2>${t('packs.limits.title')}</h2>
        <ul class="list">
          ${LIMITS.map((key) => html`<li><sw-icon name="info"></sw-icon>${t(key)}</li>`)}
        </ul>
      </section>
      <p class="small"><a href="#/hood">${t('nav.hood')}</a></p>
    </div>`;
  }

  #here(): TemplateResult | typeof nothing {
    const { kept } = this;
    if (kept === null) return nothing;
    const size = kept.sizeBytes === null ? nothing : html`<p class="soft">${sizeLine(kept.sizeBytes)}</p>`;
    const line = kept.canKeep
      ? kept.here
        ? t('packs.portrait.here')
        : t('packs.portrait.notHere')
      : t('packs.portrait.unknown');
    return html`${size}
      <p class=${kept.here ? 'good' : 'soft'}>${line}</p>`;
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

function sizeLine(sizeBytes: number): string {
  return t('packs.portrait.size', { size: bytes(sizeBytes) });
}

define('sw-packs', SwPacks);

declare global {
  interface HTMLElementTagNameMap {
    'sw-packs': SwPacks;
  }
}
