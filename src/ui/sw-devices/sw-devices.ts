import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Account } from '../../contracts/licence/api.ts';
import type { LicenceView } from '../../contracts/licence/view.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText } from '../lib/amounts.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { moment } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import '../strings/licence-strings.ts';
import { devicesStyles } from './sw-devices.styles.ts';

type Device = Account['devices'][number];

/**
 * The devices of a licence. Taking one off can't be undone here, so what it means is said before it is done.
 *
 * @element sw-devices
 * @fires sw-deactivate-request
 */
export class SwDevices extends SwElement {
  static override styles = [sharedStyles, pageStyles, devicesStyles];
  static override properties = { view: { attribute: false }, asking: { state: true } };
  declare view: LicenceView | null;
  /** Id of the device about which it says what taking it off means. */
  declare protected asking: string | null;

  constructor() {
    super();
    this.view = null;
    this.asking = null;
  }

  /** Puts the focus on the title, once a device that had it is gone. */
  focusTitle(): void {
    this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
  }

  protected override render(): TemplateResult | typeof nothing {
    const account = this.view?.account;
    if (this.view === null || account === null || account === undefined) return nothing;
    const { view } = this;
    const inUse = account.devices.filter(({ state }) => state !== 'deactivated').length;
    return html`<section class="card" aria-labelledby="title">
      <h2 id="title" tabindex="-1">${t('account.devices')}</h2>
      <p class="soft num">${t('account.devices.line', { count: inUse, max: number(view.policy.devices) })}</p>
      <ul>
        ${repeat(
          account.devices,
          ({ id }) => id,
          (device) => this.#device(view, device),
        )}
      </ul>
    </section>`;
  }

  #device(view: LicenceView, device: Device): TemplateResult {
    const here = device.id === view.deviceId;
    const facts = [
      ...(here ? [] : [t('account.device.seen', { time: moment(device.lastSeenAtMs) })]),
      ...(device.leased > 0
        ? [t('account.device.leased', { amount: amountText(view.policy, device.leased) })]
        : []),
      ...(device.state === 'active' ? [] : [t(`account.device.${device.state}`)]),
    ];
    return html`<li class=${device.state}>
      <div class="row">
        <div class="text">
          <b dir="auto">${device.name}</b
          >${here ? html`<span class="badge">${t('account.device.this')}</span>` : nothing}
          ${facts.length === 0 ? nothing : html`<p class="small soft num">${facts.join(' · ')}</p>`}
        </div>
        ${
          device.state === 'deactivated' || this.asking === device.id
            ? nothing
            : html`<button
                class="btn"
                type="button"
                data-device=${device.id}
                aria-label=${t('account.device.offName', { name: device.name })}
                @click=${() => void this.#say(device.id)}
              >
                ${t('account.device.off')}
              </button>`
        }
      </div>
      ${this.asking === device.id && device.state !== 'deactivated' ? this.#means(view, device, here) : nothing}
    </li>`;
  }

  #means(view: LicenceView, device: Device, here: boolean): TemplateResult {
    return html`<div
      class="means"
      role="group"
      aria-labelledby="means"
      @keydown=${(event: KeyboardEvent) => this.#onKey(event, device.id)}
    >
      <p id="means" tabindex="-1">
        ${here ? t('account.device.meansThis') : t('account.device.meansOther', { name: device.name })}
      </p>
      <div class="actions">
        <button
          class="btn danger"
          type="button"
          aria-disabled=${view.busy !== null}
          @click=${() => {
            if (view.busy !== null) return;
            this.asking = null;
            this.ask('deactivate', { deviceId: here ? null : device.id });
          }}
        >
          ${here ? t('account.device.offThis') : t('account.device.offName', { name: device.name })}
        </button>
        <button class="btn quiet" type="button" @click=${() => void this.#keep(device.id)}>
          ${t('account.device.keep')}
        </button>
      </div>
    </div>`;
  }

  #onKey(event: KeyboardEvent, id: string): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    void this.#keep(id);
  }

  /** Back to the button that asked. */
  async #keep(id: string): Promise<void> {
    this.asking = null;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[data-device="${id}"]`)?.focus();
  }

  async #say(id: string): Promise<void> {
    this.asking = id;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#means')?.focus();
  }
}

define('sw-devices', SwDevices);

declare global {
  interface HTMLElementTagNameMap {
    'sw-devices': SwDevices;
  }
}
