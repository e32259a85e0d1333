import { html, render, type TemplateResult } from 'lit';
import type { App, AppState, JobView } from '../../../../src/contracts/app.api.ts';
import type { ErrorCode } from '../../../../src/contracts/errors.ts';
import type { ClipRecord, JobState, PictureRecord } from '../../../../src/contracts/records.ts';
import { DEFAULT_SETTINGS, type ClipSettings } from '../../../../src/contracts/settings.ts';
import { EMPTY_PACKS } from '../../../../src/app/empty-state.ts';
import type { SwElement } from '../../../../src/ui/lib/element.ts';

/** A small picture, drawn here. */
export async function drawnPicture(
  type: 'image/jpeg' | 'image/png' = 'image/jpeg',
  alpha = false,
): Promise<Blob> {
  const canvas = new OffscreenCanvas(80, 100);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2d context');
  if (!alpha) {
    context.fillStyle = '#668';
    context.fillRect(0, 0, 80, 100);
  }
  context.fillStyle = '#eb9';
  context.fillRect(25, 15, 30, 40);
  return canvas.convertToBlob({ type });
}

export function pictureOf(blob: Blob, id = 'picture-1'): PictureRecord {
  return {
    id,
    characterId: `character-of-${id}`,
    name: 'A picture.jpg',
    blob,
    width: 80,
    height: 100,
    thumbnail: blob,
    matte: '#ffffff',
    createdAtMs: 0,
  };
}

/** A picture on the stage; `hasFace` false is one that needs five points. */
export function openPicture(record: PictureRecord, hasFace = true): AppState['picture'] {
  return {
    phase: 'open',
    record,
    report: {
      pictureId: record.id,
      width: record.width,
      height: record.height,
      traits: {
        hasFace,
        sourceYaw: 0,
        sourcePitch: 0,
        sourceGazeX: 0,
        eyesOpen: 1,
        mouthOpen: 0,
        hasHair: true,
        hasShoulders: true,
        hasHand: false,
        hasPerson: true,
      },
      faceBox: hasFace ? [0.3, 0.15, 0.4, 0.4] : null,
      subjectBox: [0.2, 0.1, 0.6, 0.9],
      notices: [],
      decodeMs: 10,
      perceiveMs: 100,
    },
  };
}

export function shownError(code: ErrorCode): JobView['error'] & object {
  return { code, message: code, details: {}, retryable: true };
}

export function jobOf(id: string, state: JobState, change: Partial<JobView> = {}, clipId?: string): JobView {
  return {
    record: {
      id,
      pictureId: 'picture-1',
      characterId: 'character-of-picture-1',
      settings: DEFAULT_SETTINGS,
      state,
      order: 1,
      createdAtMs: 0,
      ...(clipId === undefined ? {} : { clipId }),
    },
    stage: state === 'running' ? 'render' : 'waiting',
    progress: state === 'running' ? 0.4 : 0,
    etaS: state === 'running' ? 6 : null,
    previewUrl: null,
    error: null,
    ...change,
  };
}

export function clipOf(id: string, picture: PictureRecord, name = `Clip ${id}`): ClipRecord {
  return {
    id,
    characterId: picture.characterId,
    pictureId: picture.id,
    name,
    file: new Blob([new Uint8Array(16)], { type: 'video/mp4' }),
    poster: picture.thumbnail,
    width: 720,
    height: 900,
    frames: 96,
    durationS: 4,
    sizeBytes: 1_430_000,
    settings: DEFAULT_SETTINGS,
    notices: [],
    createdAtMs: 1_700_000_000_000,
  };
}

export const EMPTY: AppState = {
  engine: { phase: 'idle' },
  picture: { phase: 'empty' },
  settings: DEFAULT_SETTINGS,
  score: null,
  scoreError: null,
  jobs: [],
  characters: [],
  clips: [],
  pictures: [],
  samples: [],
  shownClipId: null,
  undo: null,
  storage: null,
  online: true,
  estimateS: null,
  notifications: 'unsupported',
  alert: null,
  packs: EMPTY_PACKS,
  licence: null,
};

/** What an element asked the application for. */
export interface Call {
  readonly name: keyof App;
  readonly args: readonly unknown[];
}

/** The application's interface with nothing behind it: a state that a test sets, and a list of what was asked. */
export class ListeningApp implements App {
  state: AppState;
  licence: App['licence'] = null;
  readonly calls: Call[] = [];
  /** What `makeClip` and `regenerate` put into the state. */
  onMake: () => string | null = () => null;
  /** Takes the canvas given last away from the page, as a lost renderer does. */
  lose: (() => void) | undefined;
  readonly #listeners = new Set<(state: AppState) => void>();

  constructor(state: Partial<AppState> = {}) {
    this.state = { ...EMPTY, ...state };
  }

  set(change: Partial<AppState>): void {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener(this.state);
  }

  named(name: keyof App): readonly Call[] {
    return this.calls.filter((call) => call.name === name);
  }

  subscribe(listener: (state: AppState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #note(name: keyof App, ...args: readonly unknown[]): void {
    this.calls.push({ name, args });
  }

  readonly openFile: App['openFile'] = async (...args) => this.#note('openFile', ...args);
  readonly openSample: App['openSample'] = async (...args) => this.#note('openSample', ...args);
  readonly openStored: App['openStored'] = async (...args) => this.#note('openStored', ...args);
  readonly closePicture: App['closePicture'] = () => this.#note('closePicture');
  readonly setMatte: App['setMatte'] = async (...args) => this.#note('setMatte', ...args);
  readonly setPoints: App['setPoints'] = async (...args) => this.#note('setPoints', ...args);
  readonly setMotion: App['setMotion'] = (motion) => {
    this.#note('setMotion', motion);
    this.set({ settings: { ...this.state.settings, motion } });
  };
  readonly setSettings: App['setSettings'] = (change) => {
    this.#note('setSettings', change);
    const settings: ClipSettings = { ...this.state.settings, ...change };
    this.set({ settings });
  };
  readonly newSeed: App['newSeed'] = () => this.#note('newSeed');
  readonly makeClip: App['makeClip'] = async () => {
    this.#note('makeClip');
    return this.onMake();
  };
  readonly cancelJob: App['cancelJob'] = async (...args) => this.#note('cancelJob', ...args);
  readonly retryJob: App['retryJob'] = async (...args) => this.#note('retryJob', ...args);
  readonly moveJob: App['moveJob'] = async (...args) => this.#note('moveJob', ...args);
  readonly dismissJob: App['dismissJob'] = async (jobId) => {
    this.#note('dismissJob', jobId);
    this.set({ jobs: this.state.jobs.filter((job) => job.record.id !== jobId) });
  };
  readonly showClip: App['showClip'] = (clipId) => {
    this.#note('showClip', clipId);
    this.set({ shownClipId: clipId });
  };
  readonly renameClip: App['renameClip'] = async (...args) => this.#note('renameClip', ...args);
  readonly renameCharacter: App['renameCharacter'] = async (...args) =>
    this.#note('renameCharacter', ...args);
  readonly moveClip: App['moveClip'] = async (...args) => this.#note('moveClip', ...args);
  readonly deleteClips: App['deleteClips'] = async (...args) => this.#note('deleteClips', ...args);
  readonly undoDelete: App['undoDelete'] = async () => this.#note('undoDelete');
  readonly regenerate: App['regenerate'] = async (...args) => this.#note('regenerate', ...args);
  readonly tweak: App['tweak'] = async (...args) => this.#note('tweak', ...args);
  readonly dismissAlert: App['dismissAlert'] = () => this.#note('dismissAlert');
  readonly attachPreview: App['attachPreview'] = (canvas, options) => {
    this.#note('attachPreview', canvas, options);
    this.lose = options.onLost;
    return () => this.#note('attachPreview', null);
  };
  readonly pausePreview: App['pausePreview'] = (paused) => this.#note('pausePreview', paused);
  readonly presetStill: App['presetStill'] = async () => {
    const canvas = new OffscreenCanvas(40, 50);
    canvas.getContext('2d')?.fillRect(0, 0, 40, 50);
    return createImageBitmap(canvas);
  };
  readonly persist: App['persist'] = async () => {
    this.#note('persist');
    return true;
  };
  readonly askNotifications: App['askNotifications'] = async () => true;
  readonly packs: App['packs'] = {
    open: async () => this.#note('packs', 'open'),
    look: async (...args) => this.#note('packs', 'look', ...args),
    forgetLooked: () => this.#note('packs', 'forgetLooked'),
    install: async (...args) => this.#note('packs', 'install', ...args),
    resume: async (...args) => this.#note('packs', 'resume', ...args),
    verify: async (...args) => this.#note('packs', 'verify', ...args),
    repair: async (...args) => this.#note('packs', 'repair', ...args),
    remove: async (...args) => this.#note('packs', 'remove', ...args),
    undoRemove: () => this.#note('packs', 'undoRemove'),
    cancel: async () => this.#note('packs', 'cancel'),
    dismissError: () => this.#note('packs', 'dismissError'),
  };
}

/** Puts a template on the page and returns its first element once it has drawn itself. */
export async function mount<T extends SwElement>(template: TemplateResult, type: new () => T): Promise<T> {
  render(html``, document.body);
  render(template, document.body);
  const element = document.body.firstElementChild;
  if (!(element instanceof type)) throw new Error('the template has another element');
  await settle(element);
  return element;
}

/** Waits until an element and everything inside it has nothing left to draw. */
export async function settle(element: SwElement): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await element.updateComplete;
    for (const inner of deepAll(element, '*')) {
      if ('updateComplete' in inner) await inner.updateComplete;
    }
  }
}

/** Every match in an element and in all shadow roots below it; `sw-a b` is every `b` anywhere below an `sw-a`. */
export function deepAll(from: Element | ShadowRoot, selector: string): Element[] {
  const [, tag, inner] = /^(sw-[\w-]+) (.+)$/.exec(selector) ?? [];
  if (tag !== undefined && inner !== undefined) {
    return deepAll(from, tag).flatMap((element) => deepAll(element, inner));
  }
  const roots = from instanceof Element ? [from.shadowRoot, from] : [from];
  return roots.flatMap((root) =>
    root === null
      ? []
      : [...root.querySelectorAll('*')].flatMap((element) => [
          ...(element.matches(selector) ? [element] : []),
          ...(element.shadowRoot === null ? [] : deepAll(element.shadowRoot, selector)),
        ]),
  );
}

/** The one match of a selector anywhere below. */
export function deep<T extends Element>(from: Element, selector: string, type: new () => T): T {
  const found = deepAll(from, selector)[0];
  if (!(found instanceof type)) throw new Error(`no ${selector}`);
  return found;
}

/** Text as a person sees it below an element. */
export function textOf(from: Element): string {
  return deepAll(from, '*')
    .filter((element) => element.checkVisibility())
    .flatMap((element) => [...element.childNodes].filter((node) => node instanceof Text))
    .map((node) => node.data.trim())
    .filter((text) => text !== '')
    .join(' ');
}

/** Clicks the button whose text or name is this. */
export function press(from: Element, name: string | RegExp): void {
  const fits = (text: string | null | undefined): boolean =>
    typeof name === 'string' ? text?.trim() === name : name.test(text ?? '');
  const button = deepAll(from, 'button, a').find(
    (one) => fits(one.getAttribute('aria-label')) || fits(one.textContent.replace(/\s+/g, ' ').trim()),
  );
  if (!(button instanceof HTMLElement)) throw new Error(`no button ${String(name)}`);
  button.click();
}

/** A key pressed where the focus is. */
export function key(target: EventTarget, name: string, init: KeyboardEventInit = {}): boolean {
  return target.dispatchEvent(
    new KeyboardEvent('keydown', { key: name, bubbles: true, composed: true, cancelable: true, ...init }),
  );
}
