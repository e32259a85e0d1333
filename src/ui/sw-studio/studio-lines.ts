import { html, nothing, type TemplateResult } from 'lit';
import { outputFrame } from '../../app/output-frame.ts';
import type { AppState } from '../../contracts/app.api.ts';
import type { PictureRecord } from '../../contracts/records.ts';
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
  { settings: { resolution, aspect, seconds } }: AppState,
): string {
  const { width, height } = outputFrame(record, resolution, aspect, null);
  const whole = { useGrouping: false };
  return t('make.ready', {
    width: number(width, whole),
    height: number(height, whole),
    length: secondsShort(seconds),
  });
}
