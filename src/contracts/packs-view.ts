import type { ShownError } from './app.api.ts';
import type { FlowSize } from './flow.ts';
import type { KeptPack, PackOffer, PackOrigin, PackProgress } from './packs.api.ts';
import type { FlowMachine } from './render.api.ts';
import type { Notice } from './settings.ts';

/** Whether this machine can make a clip with a pack, and how long it takes. */
export interface PackFit {
  readonly fits: boolean;
  /** "Fits; about 40 s for 3 s at 512×320.", or what to change so that it does. */
  readonly sentence: string;
  /** Null where nobody can tell. */
  readonly seconds: number | null;
  /** The largest size that fits where the one asked for does not; null where none does. */
  readonly instead: FlowSize | null;
}

/** What a person looked at before installing it. */
export interface LookedPack {
  readonly origin: PackOrigin;
  readonly offer: PackOffer;
  /** Null until the machine was measured. */
  readonly fit: PackFit | null;
}

/** The one long task with a pack at a time. */
export interface PackTask {
  readonly id: string;
  readonly kind: 'install' | 'verify' | 'repair';
  readonly packId: string;
  readonly version: string;
  readonly title: string;
  readonly progress: PackProgress | null;
  /** Seconds left, once they can be told. */
  readonly etaS: number | null;
}

/** Flow packs as the interface shows them. */
export interface PacksView {
  /** Everything kept, also what is partial or damaged; null until it was read. */
  readonly kept: readonly KeptPack[] | null;
  /** Verdict for the usual clip of each kept pack, by `ID/VERSION`; missing until the machine was measured. */
  readonly fits: Readonly<Record<string, PackFit>>;
  /** Null until measured. */
  readonly machine: FlowMachine | null;
  readonly measuring: boolean;
  readonly looking: boolean;
  readonly looked: LookedPack | null;
  readonly task: PackTask | null;
  /** A deletion that can still be undone; what is to go is not in {@link kept} any more. */
  readonly undo: {
    readonly packId: string;
    readonly version: string;
    readonly title: string;
    readonly untilMs: number;
  } | null;
  /** Of the last thing that was asked; `packId` is null where it concerned no kept pack. */
  readonly error: { readonly packId: string | null; readonly error: ShownError } | null;
  /** The present settings on the present picture; null where they name the portrait pack, or nothing is known yet. */
  readonly present: ShownFit | null;
  /** Why no machine makes a clip of the present settings with the pack that they name; {@link present} is then null. */
  readonly refused: ShownError | null;
}

/** What the present settings come to with a flow pack. */
export interface PresentFit extends PackFit {
  /** What the model draws. */
  readonly size: FlowSize;
  /** Of the clip. */
  readonly width: number;
  readonly height: number;
  /** What the pack can't do as asked (P7). */
  readonly notices: readonly Notice[];
}

/** {@link PresentFit} with what the stage shows. */
export interface ShownFit extends PresentFit {
  /** Part of the picture that is in the clip, fractions `[x, y, width, height]`. */
  readonly crop: readonly [number, number, number, number];
  /** Words of a prompt that the pack works well with (P2). */
  readonly words: { readonly least: number; readonly most: number };
}

/** What a person can do with packs. Failures are in {@link PacksView.error}; nothing rejects. */
export interface PacksCommands {
  /** Reads what is kept and measures the machine, once; for whoever opens the page of packs. */
  open(): Promise<void>;
  /** Reads a pack's description; the answer is in {@link PacksView.looked}. */
  look(origin: PackOrigin): Promise<void>;
  /** Forgets what was looked at. */
  forgetLooked(): void;
  /** Installs what was looked at, or goes on with it. Asks the browser to keep it. */
  install(accept: { readonly licence: boolean; readonly untrusted: boolean }): Promise<void>;
  /** Goes on with a pack that came from an address and was cut off. */
  resume(packId: string, version: string): Promise<void>;
  verify(packId: string, version: string): Promise<void>;
  /** @param origin the folder or archive again, where it came from one. */
  repair(packId: string, version: string, origin: PackOrigin | null): Promise<void>;
  /** Takes a pack off the list, and away when the time for {@link undoRemove} is over. */
  remove(packId: string, version: string): Promise<void>;
  undoRemove(): void;
  /** Ends the task; what is whole of it is kept. */
  cancel(): Promise<void>;
  dismissError(): void;
}
