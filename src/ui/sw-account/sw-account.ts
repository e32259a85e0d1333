import { html, nothing, type TemplateResult } from 'lit';
import type { Account } from '../../contracts/licence/api.ts';
import type { HistoryLine, LicenceView } from '../../contracts/licence/view.ts';
import { errorSentence } from '../errors.ts';
import { define, SwElement } from '../lib/element.ts';
import { amountText, statusSentence } from '../lib/licence-words.ts';
import { vars } from '../lib/vars.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { moment } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import '../sw-devices/sw-devices.ts';
import '../sw-icon/sw-icon.ts';
import '../sw-key-form/sw-key-form.ts';
import '../sw-planner/sw-planner.ts';
import '../sw-tiers/sw-tiers.ts';
import { accountStyles } from './sw-account.styles.ts';

/** One line of either history. */
type Line = HistoryLine | Account['history'][number];

/**
 * Tiers and what is left of them: the key, the tier in force, the balance, devices, histories, a planner, and what
 * every tier gives. Shown only where a page has a licence.
 *
 * @element sw-account
 * @fires sw-activate-request
 * @fires sw-refresh-licence-request
 * @fires sw-deactivate-request
 * @fires sw-dismiss-licence-error-request
 */
export class SwAccount extends SwElement {
  static override styles = [sharedStyles, pageStyles, accountStyles];
  static override properties = { view: { attribute: false }, copied: { state: true } };
  /** Null where there is no licence. */
  declare view: LicenceView | null;
  declare protected copied: boolean;

  constructor() {
    super();
    this.view = null;
    this.copied = false;
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
    const needsKey = view.hasApi && view.deviceId === null;
    return html`${this.#error(view)}${this.#tier(view)}
      ${
        needsKey || (view.hasApi && view.status === 'revoked')
          ? html`<section class="card"><sw-key-form .busy=${view.busy}></sw-key-form></section>`
          : nothing
      }
      ${view.metered ? this.#balance(view) : html`<p class="soft">${t('account.unmetered')}</p>`}
      ${view.hasApi ? html`<sw-devices .view=${view}></sw-devices>` : this.#host(view)}
      ${view.metered ? html`<sw-planner .view=${view}></sw-planner>` : nothing}
      <sw-tiers .view=${view}></sw-tiers>
      ${this.#histories(view)}`;
  }

  #error({ error }: LicenceView): TemplateResult | typeof nothing {
    if (error === null) return nothing;
    return html`<div class="error" role="alert">
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
    const { busy, account, accountAtMs, unsynced } = view;
    const bad = view.status !== 'active' && view.status !== 'none';
    const words =
      busy === 'refresh'
        ? t('account.refreshing')
        : busy === 'lease'
          ? t('account.leasing')
          : t('account.refresh');
    return html`<section class="card" aria-labelledby="tier">
      <div class="tier">
        <div>
          <p class="small soft">${t('account.tier')}</p>
          <h2 id="tier">${view.tier.name}</h2>
        </div>
        ${
          view.hasApi && view.deviceId !== null
            ? html`<button
                class="btn"
                type="button"
                aria-disabled=${busy !== null}
                @click=${() => (busy === null ? this.ask('refresh-licence', null) : undefined)}
              >
                <sw-icon name="retry"></sw-icon>${words}
              </button>`
            : nothing
        }
      </div>
      <p role="status" class=${bad ? 'bad' : ''}>${statusSentence(view)}</p>
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

  #balance(view: LicenceView): TemplateResult {
    const { policy, account, tier } = view;
    const { here, reserved, balance } = view.moments;
    const amount = (value: number): string => amountText(policy, value);
    const parts = [
      ['here', here, t('account.balance.here')],
      ['reserved', reserved, t('account.balance.reserved')],
      ['service', balance, t('account.balance.service')],
    ] as const;
    const label = t('account.balance.bar', {
      here: amount(here),
      reserved: amount(reserved),
      service: amount(balance),
    });
    return html`<section class="card" aria-labelledby="balance">
      <h2 id="balance">${t('account.balance')}</h2>
      <div class="bar" role="img" aria-label=${label}>
        ${parts.map(
          ([name, value]) =>
            html`<span class=${name} ${vars({ '--part': String(Math.max(0, value)) })}></span>`,
        )}
      </div>
      <dl class="parts num">
        ${parts.map(
          ([name, value, words]) =>
            html`<div>
              <dt><span class="dot ${name}" aria-hidden="true"></span>${words}</dt>
              <dd class=${value < 0 ? 'bad' : ''}>${amount(value)}</dd>
            </div>`,
        )}
        ${
          account === null
            ? nothing
            : html`<div>
                <dt>${t('account.balance.spent')}</dt>
                <dd>${amount(account.spent)}</dd>
              </div>`
        }
      </dl>
      ${here + reserved + balance <= 0 ? html`<p>${t('account.empty')}</p>` : nothing}
      <p class="soft small">${t('account.balance.offline')}</p>
      ${
        account?.period
          ? html`<p class="soft small num">
              ${t('account.period', {
                start: moment(account.period.startMs),
                end: moment(account.period.endMs),
                amount: amount(account.allowance),
              })}
            </p>`
          : tier.allowance.every === 'once' && tier.allowance.amount > 0
            ? html`<p class="soft small">${t('account.once', { amount: amount(tier.allowance.amount) })}</p>`
            : nothing
      }
    </section>`;
  }

  #host({ deviceThumbprint }: LicenceView): TemplateResult {
    return html`<section class="card" aria-labelledby="host">
      <h2 id="host">${t('account.host')}</h2>
      <p class="soft">${t('account.host.line')}</p>
      ${
        deviceThumbprint === null
          ? html`<p>${t('account.host.wait')}</p>`
          : html`<div class="code">
              <code dir="ltr">${deviceThumbprint}</code>
              <button class="btn" type="button" @click=${() => void this.#copy(deviceThumbprint)}>
                ${this.copied ? t('account.copied') : t('account.copy')}
              </button>
            </div>`
      }
    </section>`;
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.copied = true;
    } catch {
      // Not allowed here: the code is on the page, selected as a whole with one click.
      this.copied = false;
    }
  }

  #histories(view: LicenceView): TemplateResult {
    return html`<section class="card" aria-labelledby="history">
      <h2 id="history">${t('account.history')}</h2>
      ${this.#history(view, t('account.history.here'), view.history)}
      ${
        view.account === null
          ? nothing
          : this.#history(view, t('account.history.licence'), view.account.history)
      }
    </section>`;
  }

  #history({ policy }: LicenceView, title: string, lines: readonly Line[]): TemplateResult {
    return html`<details>
      <summary>${title}<span class="soft num">${number(lines.length)}</span></summary>
      ${
        lines.length === 0
          ? html`<p class="soft">${t('account.history.none')}</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label=${title}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">${t('account.history.when')}</th>
                    <th scope="col">${t('account.history.what')}</th>
                    <th scope="col">${t('account.history.amount')}</th>
                  </tr>
                </thead>
                <tbody>
                  ${lines.map(
                    (line) =>
                      html`<tr>
                        <td class="num">${moment(line.atMs)}</td>
                        <td>
                          ${t(`account.history.${line.kind}`)}${
                            'device' in line && line.device !== null
                              ? html` <span class="soft" dir="auto">· ${line.device}</span>`
                              : nothing
                          }
                        </td>
                        <td class="num">${amountText(policy, line.amount)}</td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
    </details>`;
  }
}

define('sw-account', SwAccount);

declare global {
  interface HTMLElementTagNameMap {
    'sw-account': SwAccount;
  }
}
