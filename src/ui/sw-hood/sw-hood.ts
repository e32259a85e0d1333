import { css, html, nothing, type TemplateResult } from 'lit';
import type { AppState, JobStage } from '../../contracts/app.api.ts';
import { define, SwElement } from '../lib/element.ts';
import { pageStyles } from '../page.styles.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';

const STAGES: readonly JobStage[] = ['prepare', 'render', 'verify', 'save'];
type Fact = readonly [name: string, value: string];

/**
 * For developers: what this machine can do, what was found in the picture, the score that was read, timings.
 *
 * @element sw-hood
 */
export class SwHood extends SwElement {
  static override styles = [
    sharedStyles,
    pageStyles,
    css`
      pre {
        max-block-size: 420px;
        margin: 0;
        padding: var(--sw-space-3);
        overflow: auto;
        border-radius: var(--sw-radius-m);
        background: var(--sw-raised);
        font:
          0.8125rem/1.5 ui-monospace,
          'Liberation Mono',
          monospace;
      }
    `,
  ];
  static override properties = { state: { attribute: false }, timings: { attribute: false } };
  declare state: AppState | null;
  /** Time by stage of the last job, ms. */
  declare timings: Readonly<Partial<Record<JobStage, number>>>;

  constructor() {
    super();
    this.state = null;
    this.timings = {};
  }

  protected override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state === null) return nothing;
    return html`<div class="page">
      <h1>${t('nav.hood')}</h1>
      ${this.#card(t('hood.capabilities'), capabilities(state))}${this.#picture(state)}${this.#card(
        t('hood.timings'),
        this.#timings(),
      )}
      ${
        state.score === null
          ? nothing
          : html`<section class="card">
              <h2>${t('hood.score')}</h2>
              <pre tabindex="0" dir="ltr">${JSON.stringify(state.score, null, 2)}</pre>
            </section>`
      }
    </div>`;
  }

  #card(title: string, facts: readonly Fact[]): TemplateResult {
    return html`<section class="card">
      <h2>${title}</h2>
      ${
        facts.length === 0
          ? html`<p class="soft">${t('hood.none')}</p>`
          : html`<dl class="facts num">
              ${facts.map(
                ([name, value]) =>
                  html`<dt>${name}</dt>
                    <dd>${value}</dd>`,
              )}
            </dl>`
      }
    </section>`;
  }

  #picture(state: AppState): TemplateResult | typeof nothing {
    if (state.picture.phase !== 'open') return nothing;
    const { report } = state.picture;
    return this.#card(t('hood.picture'), [
      [t('hood.decode'), ms(report.decodeMs)],
      [t('hood.perceive'), ms(report.perceiveMs)],
      ...Object.entries(report.traits).map(([name, value]): Fact => [
        name,
        typeof value === 'number' ? number(value, { maximumFractionDigits: 3 }) : yes(value),
      ]),
    ]);
  }

  #timings(): readonly Fact[] {
    const known = STAGES.flatMap((stage) => {
      const time = this.timings[stage];
      return time === undefined ? [] : [[t(`job.${stage}`), time] as const];
    });
    if (known.length === 0) return [];
    const total = known.reduce((sum, [, time]) => sum + time, 0);
    return [...known.map(([name, time]): Fact => [name, ms(time)]), [t('hood.total'), ms(total)]];
  }
}

function ms(time: number): string {
  return t('hood.ms', { ms: number(time, { maximumFractionDigits: 0 }) });
}

function yes(value: unknown): string {
  return value === true ? t('hood.yes') : value === false ? t('hood.no') : String(value);
}

function capabilities(state: AppState): readonly Fact[] {
  const { engine, storage } = state;
  const facts: Fact[] = [];
  if (engine.phase === 'ready') {
    const { provider, renderer, adapter, threads } = engine.capabilities;
    facts.push([t('hood.provider'), provider], [t('hood.renderer'), renderer], [t('hood.adapter'), adapter]);
    facts.push([t('hood.threads'), number(threads)]);
  }
  facts.push([t('hood.isolated'), yes(globalThis.crossOriginIsolated)]);
  const controlled = 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null;
  facts.push([t('hood.serviceWorker'), yes(controlled)]);
  if (storage !== null)
    facts.push([t('hood.storage'), `${bytes(storage.usedBytes)} / ${bytes(storage.quotaBytes)}`]);
  return facts;
}

define('sw-hood', SwHood);

declare global {
  interface HTMLElementTagNameMap {
    'sw-hood': SwHood;
  }
}
