import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { isUnknown } from '../lib/licence-state.ts';
import { statusSentence } from '../lib/licence-words.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { moment } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import '../sw-balance/sw-balance.ts';
import '../sw-devices/sw-devices.ts';
import '../sw-history/sw-history.ts';
import '../sw-host-code/sw-host-code.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-key-form/sw-key-form.ts';
import '../sw-planner/sw-planner.ts';
import '../sw-tiers/sw-tiers.ts';
import { accountStyles } from './sw-account.styles.ts';
import { endOf, type Asked } from './asked.ts';

/**
 * Tiers and what is left of them: the key, the tier in force, the balance, devices, histories, a planner, and what
 * every tier gives. Shown only where a page has a licence. When what was asked for here has come to its end, the focus
 * goes to where that shows.
 *
 * @element sw-account
 * @fires sw-activate-request
 * @fires sw-accept-tokens-request
 * @fires sw-refresh-licence-request
 * @fires sw-deactivate-request
 * @fires sw-dismiss-licence-error-request
 */
export class SwAccount extends SwElement {
  static override styles = [sharedStyles, pageStyles, accountStyles];
  static override properties = { view: { attribute: false } };
  /** Null where there is no licence. */
  declare view: LicenceView | null;
  #asked: Asked | null = null;

  constructor() {
    super();
    this.view = null;
    const ask = (kind: Asked['kind'], deviceId: string | null): void => {
      if (this.view !== null) this.#asked = { kind, deviceId, before: this.view };
    };
    this.addEventListener('sw-activate-request', () => ask('activate', null));
    this.addEventListener('sw-accept-tokens-request', () => ask('tokens', null));
    this.addEventListener('sw-deactivate-request', ({ detail }) => ask('deactivate', detail.deviceId));
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('view') || this.#asked === null || this.view === null) return;
    const end = endOf(this.#asked, this.view);
    if (end === null) return;
    const { kind, deviceId } = this.#asked;
    this.#asked = null;
    void this.#show(end, kind, deviceId);
  }

  /** Puts the focus where it shows how what was asked for came out. */
  async #show(end: 'done' | 'failed', kind: Asked['kind'], deviceId: string | null): Promise<void> {
    const root = this.renderRoot;
    const host = root.querySelector('sw-host-code');
    if (kind === 'tokens') {
      if (end === 'failed') host?.focusField();
      else {
        host?.clear();
        root.querySelector<HTMLElement>('#tier')?.focus();
      }
    } else if (kind === 'activate' && end === 'failed') {
      root.querySelector('sw-key-form')?.focusKey();
    } else if (end === 'failed') {
      root.querySelector<HTMLElement>('.error')?.focus();
    } else if (kind === 'deactivate' && deviceId !== null) {
      const devices = root.querySelector('sw-devices');
      await devices?.updateComplete;
      devices?.focusTitle();
    } else {
      root.querySelector<HTMLElement>('#tier')?.focus();
    }
  }

  protected override render(): TemplateResult {
    const { view } = this;
    return html`<div class="page">
      <header>
        <h1>${t('account.title')}</h1>
        <p class="lead">${view === null ? t('account.private') : t('account.line')}</p>
      </header>
      ${view === null ? nothing : this.#all(view)}
    </div>`;
  }

  #all(view: LicenceView): TemplateResult {
    const needsKey = view.hasApi && (view.deviceId === null || view.steps.includes('activate'));
    const needsHost = !view.hasApi && !isUnknown(view);
    // What a licence has is nothing to a device that is no longer part of it.
    const holds = view.status !== 'removed' && view.status !== 'revoked';
    const isMetered = view.metered && !isUnknown(view);
    const hasBegun = view.deviceId !== null || view.history.length > 0 || view.moments.available > 0;
    // That this device is taken off is said with the tier, and no key was refused.
    const isSaid = !holds && view.error?.code === 'ERR_LICENCE_DEVICE';
    const error = isSaid ? null : view.error;
    // Where a form is, its own error stands with it.
    return html`${needsKey || needsHost ? nothing : this.#error(error)}${this.#tier(view)}
    ${
      needsKey
        ? html`<section class="card">
            <sw-key-form .busy=${view.busy} ?refused=${error !== null}></sw-key-form>${this.#error(error)}
          </section>`
        : nothing
    }
    ${needsHost ? html`<sw-host-code .view=${view}></sw-host-code>` : nothing}
    ${isMetered && hasBegun && holds ? html`<sw-balance .view=${view}></sw-balance>` : nothing}
    ${!view.metered && !isUnknown(view) ? html`<p class="soft">${t('account.unmetered')}</p>` : nothing}
    ${view.account === null ? nothing : html`<sw-devices .view=${view}></sw-devices>`}
    ${isMetered && holds ? html`<sw-planner .view=${view}></sw-planner>` : nothing}
    ${isUnknown(view) ? nothing : html`<sw-tiers .view=${view}></sw-tiers>`}
    ${isMetered && hasBegun ? html`<sw-history .view=${view}></sw-history>` : nothing}`;
  }

  #error(error: LicenceView['error']): TemplateResult | typeof nothing {
    if (error === null) return nothing;
    return html`<div class="error" role="alert" tabindex="-1">
      <sw-icon name="alert"></sw-icon>
      <p>${errorSentence(error)}</p>
      <button
        class="btn icon quiet"
        type="button"
        aria-label=${t('common.dismiss')}
        @click=${() => this.ask('dismiss-licence-error', null)}
      >
        <sw-icon name="close"></sw-icon>
      </button>
    </div>`;
  }

  #tier(view: LicenceView): TemplateResult {
    const { account, accountAtMs, unsynced, status } = view;
    const calm = status === 'active' || status === 'none';
    return html`<section class="card" aria-labelledby="tier">
      <div class="tier">
        <div>
          ${isUnknown(view) ? nothing : html`<p class="small soft">${t('account.tier')}</p>`}
          <h2 id="tier" tabindex="-1">${isUnknown(view) ? t('account.unknown') : view.tier.name}</h2>
        </div>
        ${this.#step(view)}
      </div>
      <p role="status" class="said ${calm ? '' : 'note'}">
        ${calm ? nothing : html`<sw-icon name="info"></sw-icon>`}<span>${statusSentence(view)}</span>
      </p>
      ${view.steps.includes('reload') ? html`<p class="said note"><sw-icon name="info"></sw-icon>${t('account.outdated')}</p>` : nothing}
      ${
        accountAtMs === null || account === null
          ? nothing
          : html`<p class="small soft num">
              ${t('account.asked', { time: moment(accountAtMs) })}
              ${unsynced > 0 ? t('account.unsynced', { count: unsynced }) : nothing}
            </p>`
      }
    </section>`;
  }

  /** The one thing that most helps now, as a button. */
  #step(view: LicenceView): TemplateResult | typeof nothing {
    const { busy, steps } = view;
    if (steps.includes('reload')) {
      return html`<button class="btn" type="button" @click=${() => location.reload()}>
        <sw-icon name="retry"></sw-icon>${t('account.reload')}
      </button>`;
    }
    const canRefresh = view.hasApi && (view.deviceId !== null || view.status === 'unknown');
    if (!canRefresh) return nothing;
    const words =
      busy === 'refresh'
        ? t('account.refreshing')
        : busy === 'lease'
          ? t('account.leasing')
          : t('account.refresh');
    return html`<button
      class="btn"
      type="button"
      aria-disabled=${busy !== null}
      @click=${() => (busy === null ? this.ask('refresh-licence', null) : undefined)}
    >
      <sw-icon name="retry"></sw-icon>${words}
    </button>`;
  }
}

define('sw-account', SwAccount);

declare global {
  interface HTMLElementTagNameMap {
    'sw-account': SwAccount;
  }
}
