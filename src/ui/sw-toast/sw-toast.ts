import { html, nothing, type TemplateResult } from 'lit';
import { define, SwElement } from '../lib/element.ts';
import { sharedStyles } from '../shared.styles.ts';
import { t } from '../strings/strings.ts';
import '../sw-icon/sw-icon.ts';
import { toastStyles } from './sw-toast.styles.ts';

/** One message at the foot of the window. */
export interface Toast {
  readonly id: string;
  readonly text: string;
  readonly tone?: 'plain' | 'bad';
  readonly action?: { readonly label: string; readonly run: () => void };
  readonly dismiss?: () => void;
}

/**
 * Short messages, each with at most one thing to do; announced politely.
 *
 * @element sw-toast
 * @csspart toast one message
 * @cssproperty --sw-toast-bottom distance from the window's lower edge, 24px
 */
export class SwToast extends SwElement {
  static override styles = [sharedStyles, toastStyles];
  static override properties = { toasts: { attribute: false } };
  declare toasts: readonly Toast[];

  constructor() {
    super();
    this.toasts = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute('role', 'status');
    this.setAttribute('aria-live', 'polite');
  }

  protected override render(): TemplateResult[] {
    return this.toasts.map(
      ({ text, tone, action, dismiss }) =>
        html`<div class="toast ${tone ?? 'plain'}" part="toast">
          <p>${text}</p>
          ${
            action === undefined
              ? nothing
              : html`<button class="btn" type="button" @click=${action.run}>${action.label}</button>`
          }
          ${
            dismiss === undefined
              ? nothing
              : html`<button
                  class="btn icon"
                  type="button"
                  aria-label=${t('common.dismiss')}
                  @click=${dismiss}
                >
                  <sw-icon name="close"></sw-icon>
                </button>`
          }
        </div>`,
    );
  }
}

define('sw-toast', SwToast);

declare global {
  interface HTMLElementTagNameMap {
    'sw-toast': SwToast;
  }
}
