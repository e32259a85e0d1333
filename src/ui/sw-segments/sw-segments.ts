import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, SwElement } from '../lib/element.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import '../sw-icon/sw-icon.ts';
import { segmentsStyles } from './sw-segments.styles.ts';

/** One choice of a row of segments. */
export interface Segment {
  readonly value: string;
  readonly label: string;
  /** What a screen reader says instead of the label. */
  readonly name?: string;
  /** Shown with a lock: it can be reached and is read out, and can't be taken. Its `name` says why. */
  readonly locked?: boolean;
  /** Width over height of a small outline drawn above the label. */
  readonly ratio?: number;
}

/** The person chose another segment. */
export class SegmentChangeEvent extends Event {
  readonly value: string;

  constructor(value: string) {
    super('sw-segment-change');
    this.value = value;
  }
}

/** The person tried a choice that is locked. */
export class SegmentLockedEvent extends Event {
  readonly value: string;

  constructor(value: string) {
    super('sw-segment-locked');
    this.value = value;
  }
}

/**
 * A few choices in a row, one of them taken: native radio buttons, so arrows, labels and forms work as everywhere.
 *
 * @element sw-segments
 * @attribute label what is chosen, for screen readers
 * @attribute value the choice taken
 * @fires sw-segment-change
 * @fires sw-segment-locked
 * @csspart group the row
 */
export class SwSegments extends SwElement {
  static override styles = [sharedStyles, segmentsStyles];
  static override properties = { label: {}, value: {}, choices: { attribute: false } };
  declare label: string;
  declare value: string;
  declare choices: readonly Segment[];

  constructor() {
    super();
    this.label = '';
    this.value = '';
    this.choices = [];
  }

  protected override render(): TemplateResult {
    return html`<fieldset part="group" role="radiogroup" aria-label=${this.label}>
      ${repeat(
        this.choices,
        (choice) => choice.value,
        (choice) =>
          html`<label class=${choice.locked === true ? 'locked' : ''}>
            <input
              type="radio"
              name="segment"
              .value=${choice.value}
              .checked=${choice.value === this.value}
              aria-label=${choice.name ?? choice.label}
              aria-disabled=${choice.locked === true ? 'true' : nothing}
              @change=${() => this.#choose(choice)}
            />
            ${choice.ratio === undefined ? nothing : html`<span class="shape" ${vars(outline(choice.ratio))}></span>`}
            <span aria-hidden="true" class="words"
              >${choice.locked === true ? html`<sw-icon name="lock"></sw-icon>` : nothing}${choice.label}</span
            >
          </label>`,
      )}
    </fieldset>`;
  }

  #choose({ value, locked }: Segment): void {
    if (locked !== true) {
      this.dispatchEvent(new SegmentChangeEvent(value));
      return;
    }
    // The browser has taken it already; what was taken before is put back, and the focus stays to be moved on.
    for (const input of this.renderRoot.querySelectorAll('input')) input.checked = input.value === this.value;
    this.dispatchEvent(new SegmentLockedEvent(value));
  }
}

function outline(ratio: number): Readonly<Record<string, string>> {
  const longSide = 18;
  const width = ratio >= 1 ? longSide : longSide * ratio;
  return { width: `${width}px`, height: `${width / ratio}px` };
}

define('sw-segments', SwSegments);

declare global {
  interface HTMLElementTagNameMap {
    'sw-segments': SwSegments;
  }
  interface HTMLElementEventMap {
    'sw-segment-change': SegmentChangeEvent;
    'sw-segment-locked': SegmentLockedEvent;
  }
}
