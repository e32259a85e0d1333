import { LitElement } from 'lit';
import { installTokens } from '../tokens.ts';
import { onStrings } from '../strings/strings.ts';
import { RequestEvent, type RequestKind, type RequestMap } from './events.ts';

/** Base of every element: tokens on first connection, a new rendering when the language changes, requests. */
export abstract class SwElement extends LitElement {
  #endStrings: (() => void) | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    installTokens(this.ownerDocument);
    this.#endStrings = onStrings(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#endStrings?.();
    this.#endStrings = null;
  }

  /** Asks for something; returns false when a listener prevented it. */
  protected ask<K extends RequestKind>(kind: K, detail: RequestMap[K]): boolean {
    return this.dispatchEvent(new RequestEvent(kind, detail));
  }
}

/** Registers an element once; a second copy of the bundle on a host page leaves the first in place. */
export function define(tag: string, element: CustomElementConstructor): void {
  if (customElements.get(tag) === undefined) customElements.define(tag, element);
}
