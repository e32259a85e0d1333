import type { AppState } from '../../contracts/app.api.ts';
import type { LicenceCommands, LicenceConfig } from '../../contracts/licence/view.ts';
import type { ClipSettings } from '../../contracts/settings.ts';
import type { WalletOptions } from '../../platform/licence/types.ts';
import type { Store } from '../../platform/store/store.ts';
import type { StateStore } from '../state-store.ts';

/** What a test puts in place of the browser's own: the network, the clock, the keys, the waits. */
export type LicenceSeams = Pick<WalletOptions, 'fetch' | 'now' | 'subtle' | 'pausesMs' | 'timeoutMs'> & {
  /** Waits before what failed is tried again by itself, milliseconds; the last one goes on. */
  readonly backoffMs?: readonly number[];
};

/** What the licence needs of the application. */
export interface LicenceOptions {
  readonly config: LicenceConfig;
  readonly store: Store;
  readonly state: StateStore<AppState>;
  readonly seams?: LicenceSeams;
}

/** What the application asks of the licence. */
export interface LicenceSession {
  readonly commands: LicenceCommands;
  /** Reads what earlier visits left; tries again to get what was missing. Never rejects. */
  load(): Promise<void>;
  /**
   * Lets a clip pass: its price once enough is on this device to pay it, or undefined where nothing is metered.
   *
   * @throws ERR_LICENCE_TIER, ERR_LICENCE_FUNDS, ERR_LICENCE_OFFLINE, ERR_LICENCE_CLOCK, ERR_LICENCE_LEDGER,
   * ERR_LICENCE_DEVICE, and what the licence API answers
   */
  admit(settings: ClipSettings): Promise<number | undefined>;
  /** Tells the licence API, when it can be reached, what this device's ledger has that it hasn't. */
  syncSoon(): void;
  close(): void;
}

/** The way from the application to the licence, whose code is fetched on its own. */
export interface LicenceGate extends Pick<LicenceSession, 'admit' | 'syncSoon' | 'close'> {
  /** Null exactly where nothing is metered. */
  readonly commands: LicenceCommands | null;
  load(): Promise<void>;
}
