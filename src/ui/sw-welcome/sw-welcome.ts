import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { JobView, SampleInfo } from '../../contracts/app.api.ts';
import type { PictureRecord } from '../../contracts/records.ts';
import { BlobUrls } from '../lib/blob-url.ts';
import { define, SwElement } from '../lib/element.ts';
import { pickPicture } from '../lib/pick.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { welcomeStyles } from './sw-welcome.styles.ts';

/** How many samples are shown large. */
const LEADING = 4;
/** How many earlier pictures are offered. */
const RECENT_MAX = 12;

/**
 * The studio without a picture: samples to tap, a place to drop, the person's own pictures, what was interrupted.
 *
 * @element sw-welcome
 * @fires sw-open-sample-request
 * @fires sw-open-file-request
 * @fires sw-open-stored-request
 * @fires sw-retry-job-request
 * @fires sw-dismiss-job-request
 */
export class SwWelcome extends SwElement {
  static override styles = [sharedStyles, welcomeStyles];
  static override properties = {
    samples: { attribute: false },
    pictures: { attribute: false },
    jobs: { attribute: false },
  };
  declare samples: readonly SampleInfo[];
  declare pictures: readonly PictureRecord[];
  declare jobs: readonly JobView[];
  readonly #urls = new BlobUrls();

  constructor() {
    super();
    this.samples = [];
    this.pictures = [];
    this.jobs = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#urls.clear();
  }

  protected override render(): TemplateResult {
    const leading = leadingSamples(this.samples);
    const others = this.samples.filter((sample) => !leading.includes(sample));
    return html`<div class="page">
      ${this.#interrupted()}
      <header class="intro">
        <h1>${t('welcome.title')}</h1>
        <p class="soft">${t('welcome.line')}</p>
      </header>
      ${
        this.samples.length === 0
          ? nothing
          : html`<section aria-label=${t('welcome.samples')}>
              <ul class="samples">
                ${repeat(
                  leading,
                  (sample) => sample.id,
                  (sample) => this.#sample(sample),
                )}
              </ul>
              ${others.length === 0 ? nothing : this.#others(others)}
            </section>`
      }
      <div class="drop">
        <button class="btn primary" type="button" @click=${() => void this.#pick()}>
          <sw-icon name="picture"></sw-icon>${t('welcome.pick')}
        </button>
        <p>${t('welcome.drop')}<br /><span class="soft small">${t('welcome.formats')}</span></p>
      </div>
      ${this.#recent()}
    </div>`;
  }

  async #pick(): Promise<void> {
    const file = await pickPicture();
    if (file !== null) this.ask('open-file', { blob: file, name: file.name });
  }

  #sample(sample: SampleInfo): TemplateResult {
    return html`<li>
      <button
        class="sample"
        type="button"
        aria-label=${t('welcome.openSample', { title: sample.title })}
        @click=${() => this.ask('open-sample', { sampleId: sample.id })}
      >
        <img src="samples/${sample.file}" alt=${sample.alt} width=${sample.width} height=${sample.height} />
        <span class="name" aria-hidden="true">
          ${sample.title}<span class="play"><sw-icon name="play"></sw-icon></span>
        </span>
      </button>
    </li>`;
  }

  #others(samples: readonly SampleInfo[]): TemplateResult {
    return html`<ul class="others">
      ${samples.map(
        (sample) =>
          html`<li>
            <button
              type="button"
              aria-label=${t('welcome.openSample', { title: sample.title })}
              @click=${() => this.ask('open-sample', { sampleId: sample.id })}
            >
              <img src="samples/${sample.file}" alt="" loading="lazy" /><span>${sample.title}</span>
            </button>
          </li>`,
      )}
    </ul>`;
  }

  #interrupted(): TemplateResult | typeof nothing {
    const jobs = this.jobs.filter((job) => job.record.state === 'interrupted');
    if (jobs.length === 0) return nothing;
    const all = (kind: 'retry-job' | 'dismiss-job'): void => {
      for (const job of jobs) this.ask(kind, { jobId: job.record.id });
    };
    return html`<div class="banner" role="status">
      <sw-icon name="info"></sw-icon>
      <p>${t('welcome.interrupted', { count: jobs.length })}</p>
      <button class="btn" type="button" @click=${() => all('retry-job')}>${t('welcome.resume')}</button>
      <button class="btn quiet" type="button" @click=${() => all('dismiss-job')}>
        ${t('common.dismiss')}
      </button>
    </div>`;
  }

  #recent(): TemplateResult | typeof nothing {
    const pictures = this.pictures.slice(0, RECENT_MAX);
    this.#urls.keepOnly(new Set(pictures.map((picture) => picture.id)));
    if (pictures.length === 0) return nothing;
    return html`<section aria-labelledby="recent">
      <h2 id="recent">${t('welcome.recent')}</h2>
      <ul class="recent">
        ${repeat(
          pictures,
          (picture) => picture.id,
          (picture) =>
            html`<li>
              <button
                type="button"
                aria-label=${t('welcome.openRecent', { name: picture.name })}
                @click=${() => this.ask('open-stored', { pictureId: picture.id })}
              >
                <img alt="" loading="lazy" src=${this.#urls.url(picture.id, picture.thumbnail)} />
              </button>
            </li>`,
        )}
      </ul>
    </section>`;
  }
}

/** The samples that are shown large: the first of each kind, so that a newcomer sees what all can move. */
function leadingSamples(samples: readonly SampleInfo[]): readonly SampleInfo[] {
  const kinds = ['portrait', 'illustration', 'animal', 'landscape', 'painting'];
  return kinds.flatMap((kind) => samples.find((sample) => sample.kind === kind) ?? []).slice(0, LEADING);
}

define('sw-welcome', SwWelcome);

declare global {
  interface HTMLElementTagNameMap {
    'sw-welcome': SwWelcome;
  }
}
