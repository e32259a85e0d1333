import type { AppState } from '../../contracts/app.api.ts';
import { AppError } from '../../contracts/errors.ts';
import type { LicenceCommands, LicenceConfig } from '../../contracts/licence/view.ts';
import type { ClipSettings } from '../../contracts/settings.ts';
import type { Store } from '../../platform/store/store.ts';
import type { StateStore } from '../state-store.ts';

/** What the licence needs of the application. */
export interface LicenceOptions {
  readonly config: LicenceConfig;
  readonly store: Store;
  readonly state: StateStore<AppState>;
}

/** What the application asks of the licence. */
export interface LicenceSession {
  readonly commands: LicenceCommands;
  /** Whether tiers and Moments are known: a host without a policy of its own has to be reached once. */
  readonly ready: boolean;
  /** The time by the licence API's clock as far as it is known, seconds since 1970. */
  nowS(): number;
  /** Reads what earlier visits left; tries again to get what was missing. Never rejects. */
  load(): Promise<void>;
  /**
   * Lets a clip pass: its price once enough is on this device to pay it, or undefined where nothing is metered.
   *
   * @throws ERR_LICENCE_TIER, ERR_LICENCE_FUNDS, ERR_LICENCE_OFFLINE, ERR_LICENCE_CLOCK, ERR_LICENCE_LEDGER and what
   * the licence API answers
   */
  admit(settings: ClipSettings): Promise<number | undefined>;
  /** Tells the licence API, when it can be reached, what this device's ledger has that it hasn't. */
  syncSoon(): void;
  close(): void;
}

/** The way from the application to the licence, whose code is fetched on its own. */
export interface LicenceGate extends Pick<LicenceSession, 'nowS' | 'admit' | 'syncSoon' | 'close'> {
  /** Null until {@link AppState.licence} is there. */
  readonly commands: LicenceCommands | null;
  load(): Promise<void>;
}

const machineNowS = (): number => Math.floor(Date.now() / 1000);

/** Where there are no tiers: everything passes, nothing is fetched. */
const OPEN_GATE: LicenceGate = {
  commands: null,
  nowS: machineNowS,
  load: () => Promise.resolve(),
  admit: () => Promise.resolve(undefined),
  syncSoon: () => undefined,
  close: () => undefined,
};

/**
 * Without a configuration: a gate that is always open. With one: closed until the licence's code and policy are here.
 */
export function createLicenceGate(
  options: Omit<LicenceOptions, 'config'> & { readonly config: LicenceConfig | undefined },
): LicenceGate {
  const { config, ...rest } = options;
  if (config === undefined) return OPEN_GATE;
  let session: LicenceSession | null = null;
  let starting: Promise<LicenceSession> | null = null;
  let closed = false;

  const fetchCode = async (): Promise<LicenceSession> => {
    try {
      const { createLicenceSession } = await import('./session.ts');
      session ??= createLicenceSession({ ...rest, config });
      if (closed) session.close();
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
        if (!closed) await made.load();
        return made;
      })
      .catch((cause: unknown) => {
        starting = null;
        throw cause;
      });
    return starting;
  };

  return {
    get commands() {
      return session?.ready === true ? session.commands : null;
    },
    nowS: () => session?.nowS() ?? machineNowS(),
    async load() {
      await start();
    },
    async admit(settings) {
      return (await start()).admit(settings);
    },
    syncSoon: () => session?.syncSoon(),
    close() {
      closed = true;
      session?.close();
    },
  };
}
