/** What the studio's keys do. */
export interface StudioKeyActions {
  make(): void;
  play(): void;
  step(by: 1 | -1): void;
  cancel(): void;
}

type Place = 'page' | 'motion' | 'control' | 'text';

/** What holds the focus, as far as keys are concerned. */
function placeOf(event: KeyboardEvent): Place {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return 'page';
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return 'text';
  if (target.getAttribute('role') === 'radio') return 'motion';
  return target.matches('button, a[href], input, select, summary, video[controls], [role=slider]')
    ? 'control'
    : 'page';
}

/**
 * Keys of the whole studio: space plays and pauses, arrows choose a motion, Enter makes, Escape cancels. A control
 * that has a use for a key keeps it; Control+Enter (or Command+Enter) makes from inside the text.
 */
export class StudioKeys {
  readonly #actions: StudioKeyActions;
  #document: Document | null = null;

  constructor(actions: StudioKeyActions) {
    this.#actions = actions;
  }

  /** Starts to listen. */
  listen(target: Document): void {
    this.#document = target;
    target.addEventListener('keydown', this.#onKey);
  }

  /** Stops. */
  end(): void {
    this.#document?.removeEventListener('keydown', this.#onKey);
    this.#document = null;
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (event.composedPath().some((node) => node instanceof HTMLDialogElement)) return;
    const place = placeOf(event);
    const command = event.ctrlKey || event.metaKey;
    const free = place === 'page' || place === 'motion';
    if (event.key === 'Enter' && (command || (free && !event.repeat))) this.#actions.make();
    else if (command) return;
    else if (event.key === 'Escape') this.#actions.cancel();
    else if (event.key === ' ' && free) this.#actions.play();
    else if (place === 'page' && event.key === 'ArrowRight') this.#actions.step(this.#rtl() ? -1 : 1);
    else if (place === 'page' && event.key === 'ArrowLeft') this.#actions.step(this.#rtl() ? 1 : -1);
    else return;
    event.preventDefault();
  };

  #rtl(): boolean {
    return this.#document?.documentElement.dir === 'rtl';
  }
}
