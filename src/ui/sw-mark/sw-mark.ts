import { html, LitElement, type TemplateResult } from 'lit';
import { define } from '../lib/element.ts';
import { markStyles } from './sw-mark.styles.ts';

/**
 * The mark: a point at rest, and the wake that it sets off. The name goes into the slot.
 *
 * @element sw-mark
 * @slot - the name beside the mark
 */
export class SwMark extends LitElement {
  static override styles = markStyles;

  protected override render(): TemplateResult {
    return html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="9"></rect>
        <circle cx="9" cy="16" r="2.6"></circle>
        <path d="M14.5 11.8a6 6 0 0 1 0 8.4M18.6 9a10.5 10.5 0 0 1 0 14M22.8 6.6a15 15 0 0 1 0 18.8"></path>
      </svg>
      <slot></slot>`;
  }
}

define('sw-mark', SwMark);

declare global {
  interface HTMLElementTagNameMap {
    'sw-mark': SwMark;
  }
}
