import type { AppState } from '../../contracts/app.api.ts';
import { AppError } from '../../contracts/errors.ts';
import type { LicenceCommands, LicenceConfig } from '../../contracts/licence/view.ts';
import type { ClipSettings } from '../../contracts/settings.ts';
import type { WalletOptions } from '../../platform/licence/types.ts';
import type { Store } from '../../platform/store/store.ts';
import { toShownError } from '../shown-error.ts';
import type { StateStore } from '../state-store.ts';
import { standInView } from './stand-in.ts';

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

/** Where there are no tiers: everything passes, nothing is fetched. */
const OPEN_GATE: LicenceGate = {
  commands: null,
  load: () => Promise.resolve(),
  admit: () => Promise.resolve(undefined),
  syncSoon: () => undefined,
  close: () => undefined,
};

/** Where a page's licence can't be read: neither unlocked by a slip nor an end to watching. Fetches nothing. */
function shutGate(state: StateStore<AppState>): LicenceGate {
  const refusal = new AppError('ERR_LICENCE_CONFIG', 'the page’s licence settings can’t be read');
  const show = (isAsked: boolean): void =>
    state.set({ licence: standInView(null, null, isAsked ? toShownError(refusal) : null) });
  show(false);
  const refuse = async (): Promise<false> => {
    show(true);
    return false;
  };
  return {
    ...OPEN_GATE,
    commands: {
      activate: refuse,
      acceptTokens: refuse,
      refresh: async () => void (await refuse()),
      deactivate: async () => void (await refuse()),
      dismissError: () => show(false),
    },
    admit: () => Promise.reject(refusal),
  };
}

/**
 * Without a configuration: a gate that is always open. With one: closed until the licence's code and policy are here.
 * With `unreadable`: closed for good.
 */
export function createLicenceGate(
  options: Omit<LicenceOptions, 'config'> & { readonly config: LicenceConfig | 'unreadable' | undefined },
): LicenceGate {
  const { config, state, ...rest } = options;
  if (config === undefined) return OPEN_GATE;
  if (config === 'unreadable') return shutGate(state);
  let session: LicenceSession | null = null;
  let starting: Promise<LicenceSession> | null = null;
  const life = new AbortController();
  // Never null where there is a licence, for that would mean that nothing is metered.
  state.set({ licence: standInView(config, 'refresh', null) });

  const fetchCode = async (): Promise<LicenceSession> => {
    try {
      const { createLicenceSession } = await import('./session.ts');
      session ??= createLicenceSession({ ...rest, state, config });
      if (life.signal.aborted) session.close();
      return session;
    } catch (cause) {
      throw new AppError('ERR_LICENCE_OFFLINE', 'the licence’s code could not be fetched', {
        cause,
        retryable: true,
      });
    }
  };
  /** Once, unless it failed. */
  const start = (): Promise<LicenceSession> => {
    starting ??= fetchCode()
      .then(async (made) => {
        if (!life.signal.aborted) await made.load();
        return made;
      })
      .catch((cause: unknown) => {
        starting = null;
        if (session === null) state.set({ licence: standInView(config, null, toShownError(cause)) });
        throw cause;
      });
    return starting;
  };
  const withSession = async <T>(
    work: (commands: LicenceCommands) => Promise<T>,
    otherwise: T,
  ): Promise<T> => {
    let started: LicenceSession;
    try {
      started = await start();
    } catch {
      // The state says why.
      return otherwise;
    }
    return work(started.commands);
  };
  const startAgain = (): void => {
    start().catch(() => undefined);
  };
  window.addEventListener('online', startAgain, { signal: life.signal });

  return {
    commands: {
      activate: (key, name) => withSession((commands) => commands.activate(key, name), false),
      refresh: () => withSession((commands) => commands.refresh(), undefined),
      deactivate: (deviceId) => withSession((commands) => commands.deactivate(deviceId), undefined),
      acceptTokens: (tokens) => withSession((commands) => commands.acceptTokens(tokens), false),
      dismissError() {
        if (session !== null) session.commands.dismissError();
        else state.set({ licence: standInView(config, null, null) });
      },
    },
    async load() {
      await start();
    },
    async admit(settings) {
      return (await start()).admit(settings);
    },
    syncSoon: () => session?.syncSoon(),
    close() {
      life.abort();
      session?.close();
    },
  };
}
