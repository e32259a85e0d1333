import { html, nothing, type TemplateResult } from 'lit';
import { outputFrame } from '../../app/output-frame.ts';
import type { AppState } from '../../contracts/app.api.ts';
import type { PictureRecord } from '../../contracts/records.ts';
import { PORTRAIT } from '../../contracts/settings.ts';
import { clipErrorSentence } from '../errors.ts';
import { shapeName } from '../lib/names.ts';
import { secondsShort } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';

/** What is to be known of the picture, and one thing that can be done about it. */
export function noteRow(text: string, action?: TemplateResult): TemplateResult {
  return html`<div class="note" role="status">
    <p>${text}</p>
    ${action ?? nothing}
  </div>`;
}

/** Whether the settings name a flow pack. */
export function isFlow({ settings }: AppState): boolean {
  return settings.pack !== PORTRAIT;
}

/** Whether this machine can make the clip with the flow pack that is chosen, and how long it takes. */
export function verdictLine({
  settings,
  packs: { present, refused, measuring },
}: AppState): TemplateResult | typeof nothing {
  if (refused !== null) return refusedLine(clipErrorSentence(refused, settings.pack));
  if (measuring && (present === null || present.sentence === ''))
    return html`<p class="small soft" role="status">${t('make.measuring')}</p>`;
  if (present === null || present.sentence === '') return nothing;
  return present.fits
    ? html`<p class="small soft" role="status">${present.sentence}</p>`
    : refusedLine(present.sentence);
}

/** Why nothing can be made as it is asked for. */
export function refusedLine(text: string): TemplateResult {
  return html`<p class="refused" role="alert"><sw-icon name="alert"></sw-icon>${text}</p>`;
}

/** The settings in one line, for the name of the button that opens them. */
export function settingsLine({ settings: { seconds, resolution, aspect } }: AppState): string {
  return t('settings.summary', {
    seconds: secondsShort(seconds),
    size: resolution,
    shape: shapeName(aspect),
  });
}

/** Size and length of the clip that the settings would make. */
export function sizeLine(
  record: PictureRecord,
  { settings: { resolution, aspect, seconds }, packs: { present } }: AppState,
): string {
  const { width, height } = present ?? outputFrame(record, resolution, aspect, null);
  const whole = { useGrouping: false };
  return t('make.ready', {
    width: number(width, whole),
    height: number(height, whole),
    length: secondsShort(seconds),
  });
}
