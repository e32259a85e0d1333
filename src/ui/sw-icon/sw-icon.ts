import { html, LitElement, type TemplateResult } from 'lit';
import { define } from '../lib/element.ts';
import { DIRECTIONAL, FILLED, ICONS, type IconName } from './icons.ts';
import { iconStyles } from './sw-icon.styles.ts';

/**
 * One icon, hidden from screen readers: the control around it carries the name.
 *
 * @element sw-icon
 * @attribute name one of {@link ICONS}
 * @cssproperty --sw-icon-size side length, 20px
 */
export class SwIcon extends LitElement {
  static override styles = iconStyles;
  static override properties = { name: {} };
  declare name: IconName;

  constructor() {
    super();
    this.name = 'info';
  }

  protected override render(): TemplateResult {
    const kinds = [
      FILLED.has(this.name) ? 'filled' : '',
      DIRECTIONAL.has(this.name) ? 'directional' : '',
      this.name === 'points' ? 'dots' : '',
    ].join(' ');
    return html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false" class=${kinds}>
      <path d=${ICONS[this.name]}></path>
    </svg>`;
  }
}

define('sw-icon', SwIcon);

declare global {
  interface HTMLElementTagNameMap {
    'sw-icon': SwIcon;
  }
}
