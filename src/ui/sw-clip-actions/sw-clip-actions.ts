import { html, nothing, type TemplateResult } from 'lit';
import type { ClipRecord } from '../../contracts/records.ts';
import { define, SwElement } from '../lib/element.ts';
import { sharedStyles } from '../shared.styles.ts';
import { bytes, secondsShort } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { clipActionsStyles } from './sw-clip-actions.styles.ts';

/** Whether this browser can share files at all. */
export function canShareFiles(): boolean {
  return typeof navigator.canShare === 'function';
}

/** A clip's facts in one line: "720 × 900 · 4s · 1.4 MB". */
export function clipFacts(clip: ClipRecord): string {
  const whole = { useGrouping: false };
  return t('clip.facts', {
    width: number(clip.width, whole),
    height: number(clip.height, whole),
    seconds: secondsShort(clip.durationS),
    size: bytes(clip.sizeBytes),
  });
}

/**
 * What can be done with the clip that was just made: download, share, another variation, make another.
 *
 * @element sw-clip-actions
 * @fires sw-download-request
 * @fires sw-share-request
 * @fires sw-regenerate-request
 * @fires sw-show-clip-request with null: back to the picture
 */
export class SwClipActions extends SwElement {
  static override styles = [sharedStyles, clipActionsStyles];
  static override properties = { clip: { attribute: false } };
  declare clip: ClipRecord | null;

  constructor() {
    super();
    this.clip = null;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { clip } = this;
    if (clip === null) return nothing;
    const { id: clipId } = clip;
    return html`<section class="card" aria-label=${t('clip.ready')}>
      <div class="head">
        <h2 dir="auto">${clip.name}</h2>
        <span class="saved small"><sw-icon name="check"></sw-icon>${t('clip.inGallery')}</span>
        <span class="soft small num">${clipFacts(clip)}</span>
      </div>
      <div class="main">
        <button class="btn primary" type="button" @click=${() => this.ask('download', { clipId })}>
          <sw-icon name="download"></sw-icon>${t('common.download')}
        </button>
        ${
          canShareFiles()
            ? html`<button class="btn" type="button" @click=${() => this.ask('share', { clipId })}>
                <sw-icon name="share"></sw-icon>${t('common.share')}
              </button>`
            : nothing
        }
      </div>
      <div class="main">
        <button class="btn" type="button" @click=${() => this.ask('show-clip', { clipId: null })}>
          ${t('make.again')}
        </button>
        <button
          class="btn"
          type="button"
          title=${t('clip.more')}
          @click=${() => this.ask('regenerate', { clipId })}
        >
          ${t('clip.regenerate')}
        </button>
      </div>
    </section>`;
  }
}

define('sw-clip-actions', SwClipActions);

declare global {
  interface HTMLElementTagNameMap {
    'sw-clip-actions': SwClipActions;
  }
}
