import { html, nothing, type TemplateResult } from 'lit';
import type { App, AppState } from '../../contracts/app.api.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { LicenceChangeEvent, type RequestMap, type Route } from '../lib/events.ts';
import { transferredFile } from '../lib/pick.ts';
import { hashOf, routeOf } from '../lib/routes.ts';
import { sharedStyles } from '../shared.styles.ts';
import { percent } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-mark/sw-mark.ts';
import '../sw-studio/sw-studio.ts';
import '../sw-toast/sw-toast.ts';
import type { Toast } from '../sw-toast/sw-toast.ts';
import type { IconName } from '../sw-icon/icons.ts';
import { applyTheme, storedTheme, THEMES, type Theme } from '../tokens.ts';
import { BalanceVoice } from './balance-voice.ts';
import { Commands } from './commands.ts';
import { appStyles } from './sw-app.styles.ts';

const PAGES = ['studio', 'gallery', 'packs'] as const;
/** With tiers there is a page about them. */
const LICENSED_PAGES = [...PAGES, 'account'] as const;
const THEME_ICON: Readonly<Record<Theme, IconName>> = { system: 'contrast', light: 'sun', dark: 'moon' };

/** Pages that are fetched when they are first wanted. */
const LAZY: Readonly<Record<Exclude<Route['page'], 'studio'>, () => Promise<unknown>>> = {
  gallery: () => import('../sw-gallery/sw-gallery.ts'),
  packs: () => import('../sw-packs/sw-packs.ts'),
  account: () => import('../sw-account/sw-account.ts'),
  privacy: () => import('../sw-proof/sw-proof.ts'),
  hood: () => import('../sw-hood/sw-hood.ts'),
};

/**
 * The whole application: header, pages by address, messages, drop and paste anywhere. It turns requests of the
 * elements inside it into commands of the `App` that it was given.
 *
 * @element sw-app
 * @fires sw-licence-change status, tier, end and this device's thumbprint, at the start and whenever one changes
 * @csspart header
 * @csspart main
 */
export class SwApp extends SwElement {
  static override styles = [sharedStyles, appStyles];
  static override properties = {
    app: { attribute: false },
    state: { state: true },
    route: { state: true },
    theme: { state: true },
    dropping: { state: true },
  };
  /** The application's value; set it once. */
  declare app: App | null;
  declare protected state: AppState | null;
  declare protected route: Route;
  declare protected theme: Theme;
  declare protected dropping: boolean;
  readonly #commands = new Commands(() => this.requestUpdate());
  readonly #balance = new BalanceVoice();
  #told = '';
  #unsubscribe: (() => void) | null = null;
  #subscribedTo: App | null = null;

  constructor() {
    super();
    this.app = null;
    this.state = null;
    this.route = routeOf(location.hash);
    this.theme = storedTheme();
    this.dropping = false;
    for (const kind of this.#commands.kinds) this.addEventListener(`sw-${kind}-request`, this.#onRequest);
    this.addEventListener('sw-theme-request', (event) => this.#setTheme(event.detail.theme));
    this.addEventListener('sw-route-request', (event) => this.#go(event.detail.route));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const page = this.ownerDocument;
    addEventListener('hashchange', this.#onHash);
    page.addEventListener('paste', this.#onPaste);
    for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'] as const)
      page.addEventListener(type, this.#onDrag);
    this.requestUpdate('app');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    const page = this.ownerDocument;
    removeEventListener('hashchange', this.#onHash);
    page.removeEventListener('paste', this.#onPaste);
    for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'] as const)
      page.removeEventListener(type, this.#onDrag);
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#subscribedTo = null;
    this.#commands.end();
  }

  protected override willUpdate(): void {
    if (this.app === this.#subscribedTo || !this.isConnected) return;
    this.#unsubscribe?.();
    this.#subscribedTo = this.app;
    this.#commands.app = this.app;
    this.state = this.app?.state ?? null;
    this.#unsubscribe =
      this.app?.subscribe((state) => {
        this.state = state;
        this.#commands.follow(state);
        this.#balance.follow(state);
        this.#tellHost(state);
      }) ?? null;
    if (this.state !== null) {
      this.#balance.follow(this.state);
      this.#tellHost(this.state);
    }
  }

  protected override updated(): void {
    const { page } = this.route;
    if (page !== 'studio') void LAZY[page]();
    this.ownerDocument.title = this.#title();
  }

  /**
   * Takes an entitlement, and leases, that the page's host minted for this device; its thumbprint comes with
   * `sw-licence-change`. Resolves to whether they held, false where the page has no licence. Why they didn't shows on
   * the account page.
   */
  async acceptTokens(tokens: RequestMap['accept-tokens']): Promise<boolean> {
    return (await this.app?.licence?.acceptTokens(tokens)) ?? false;
  }

  #tellHost({ licence }: AppState): void {
    if (licence === null) return;
    const { status, tier, deviceThumbprint, endsAtMs } = licence;
    const detail = { status, tier: tier.id, deviceThumbprint, endsAtMs };
    const told = JSON.stringify(detail);
    if (told === this.#told) return;
    this.#told = told;
    this.dispatchEvent(new LicenceChangeEvent(detail));
  }

  #title(): string {
    const running = this.state?.jobs.find((job) => job.record.state === 'running');
    if (running !== undefined) return t('app.titleBusy', { percent: percent(running.progress) });
    if (this.#commands.unseen) return t('app.titleReady');
    const { page } = this.route;
    return page === 'studio' ? t('app.name') : `${t(`nav.${page}`)} – ${t('app.name')}`;
  }

  readonly #onRequest = (event: Event): void => {
    if (!this.#commands.knows(event)) return;
    const { kind, detail } = event;
    // After the event's own round, so that a host page's listener can prevent it.
    queueMicrotask(() => {
      if (event.defaultPrevented) return;
      this.#commands.run(kind, detail);
      if (kind === 'tweak' || kind.startsWith('open-')) this.#go({ page: 'studio' });
    });
  };

  readonly #onHash = (): void => {
    this.route = routeOf(location.hash);
    this.renderRoot.querySelector('main')?.scrollTo(0, 0);
  };

  readonly #onPaste = (event: ClipboardEvent): void => {
    const file = transferredFile(event.clipboardData);
    if (file === null) return;
    event.preventDefault();
    this.ask('open-file', { blob: file, name: file.name });
  };

  readonly #onDrag = (event: DragEvent): void => {
    if (!(event.dataTransfer?.types.includes('Files') ?? false)) return;
    event.preventDefault();
    if (event.type === 'dragleave') {
      if (event.relatedTarget === null) this.dropping = false;
      return;
    }
    this.dropping = event.type !== 'drop';
    if (event.type !== 'drop') return;
    const file = transferredFile(event.dataTransfer);
    // What isn't a picture is for the page of packs, where that is open.
    if (this.route.page === 'packs' && file?.type.startsWith('image/') !== true) return;
    if (file !== null) this.ask('open-file', { blob: file, name: file.name });
  };

  #go(route: Route): void {
    const hash = hashOf(route);
    if (location.hash !== hash) location.hash = hash;
  }

  #setTheme(theme: Theme): void {
    this.theme = theme;
    applyTheme(theme);
  }

  protected override render(): TemplateResult {
    const { state, route } = this;
    return html`
      <a class="btn skip" href="#main" @click=${(event: Event) => this.#skip(event)}>${t('app.skip')}</a>
      <header part="header">
        <a class="home" href="#/"
          ><sw-mark><span class="words">${t('app.name')}</span></sw-mark></a
        >
        <nav class=${state === null || state.licence === null ? '' : 'four'} aria-label=${t('app.nav')}>
          ${(state === null || state.licence === null ? PAGES : LICENSED_PAGES).map(
            (page) =>
              html`<a href=${hashOf({ page })} aria-current=${page === route.page ? 'page' : 'false'}
                >${t(`nav.${page}`)}</a
              >`,
          )}
        </nav>
        <div class="side">
          ${
            state?.online === false
              ? html`<span class="offline"
                  ><sw-icon name="offline"></sw-icon><span class="words">${t('offline.badge')}</span></span
                >`
              : nothing
          }
          <a class="private" href="#/privacy" aria-label=${t('privacy.line')} title=${t('privacy.line')}
            ><sw-icon name="shield"></sw-icon><span class="words">${t('privacy.line')}</span></a
          >
          <button
            class="btn icon quiet theme"
            type="button"
            aria-label=${t(`theme.${this.theme}`)}
            title=${t(`theme.${this.theme}`)}
            @click=${() => this.ask('theme', { theme: nextTheme(this.theme) })}
          >
            <sw-icon name=${THEME_ICON[this.theme]}></sw-icon>
          </button>
        </div>
      </header>
      ${state?.online === false ? html`<p class="offline-line" role="status">${this.#offlineLine(state)}</p>` : nothing}
      <main id="main" part="main" tabindex="-1">${state === null ? nothing : this.#page(state)}</main>
      ${
        route.page === 'studio' && state?.picture.phase === 'empty'
          ? html`<p class="foot">${t('privacy.line')}</p>`
          : nothing
      }
      ${this.dropping ? html`<div class="over" aria-hidden="true"><span>${t('welcome.dropNow')}</span></div>` : nothing}
      <sw-toast .toasts=${state === null ? [] : this.#toasts(state)}></sw-toast>
      <p class="vh" role="status" aria-live="polite">${this.#commands.spoken}</p>
      <p class="vh" role="status" aria-live="polite">${this.#balance.text}</p>
    `;
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  }

  #offlineLine(state: AppState): string {
    const here = state.engine.phase === 'ready' || this.#commands.packKept;
    return here ? t('offline.works') : t('offline.noPack');
  }

  #page(state: AppState): TemplateResult {
    const { app, route } = this;
    switch (route.page) {
      case 'studio':
        return html`<sw-studio
          .app=${app}
          .state=${state}
          .watching=${this.#commands.watching}
          .pendingUrl=${this.#commands.pendingUrl}
        ></sw-studio>`;
      case 'gallery':
        return html`<sw-gallery
          .state=${state}
          .clipId=${route.clipId ?? null}
          .characterId=${route.characterId ?? null}
        ></sw-gallery>`;
      case 'packs':
        return html`<sw-packs .state=${state}></sw-packs>`;
      case 'account':
        return html`<sw-account .view=${state.licence}></sw-account>`;
      case 'privacy':
        return html`<sw-proof></sw-proof>`;
      case 'hood':
        return html`<sw-hood .state=${state} .timings=${this.#commands.timings}></sw-hood>`;
    }
  }

  #toasts(state: AppState): readonly Toast[] {
    const toasts: Toast[] = [...this.#commands.toasts];
    if (state.undo !== null) {
      toasts.push({
        id: 'undo',
        text: t('gallery.deleted', { count: state.undo.clipIds.length }),
        action: { label: t('common.undo'), run: () => this.ask('undo-delete', null) },
      });
    }
    const { undo } = state.packs;
    if (undo !== null) {
      toasts.push({
        id: 'pack-undo',
        text: t('packs.deleted', { title: undo.title }),
        action: {
          label: t('common.undo'),
          run: () => this.ask('packs', { do: 'undoRemove', args: [] }),
        },
      });
    }
    if (state.alert !== null) {
      toasts.push({
        id: 'alert',
        tone: 'bad',
        text: errorSentence(state.alert),
        dismiss: () => this.ask('dismiss-alert', null),
      });
    }
    return toasts;
  }
}

function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
}

define('sw-app', SwApp);

declare global {
  interface HTMLElementTagNameMap {
    'sw-app': SwApp;
  }
}
