import type { AppState } from '../../contracts/app.api.ts';
import { AppError } from '../../contracts/errors.ts';
import type { LicenceCommands, LicenceConfig } from '../../contracts/licence/view.ts';
import { toShownError } from '../shown-error.ts';
import type { StateStore } from '../state-store.ts';
import { standInView } from './stand-in.ts';
import type { LicenceGate, LicenceOptions, LicenceSession } from './types.ts';

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
