import type { ShownError } from '../../contracts/app.api.ts';
import { AppError, type ErrorCode } from '../../contracts/errors.ts';
import type { LedgerState } from '../../contracts/licence/ledger.ts';
import type { Policy } from '../../contracts/licence/policy.ts';
import type { HistoryLine, LicenceCommands, LicenceView } from '../../contracts/licence/view.ts';
import type { ClipSettings } from '../../contracts/settings.ts';
import { locksOf } from '../../core/licence/access.ts';
import { normaliseKey } from '../../core/licence/key.ts';
import { priceOf } from '../../core/licence/price.ts';
import { createWallet } from '../../platform/licence/wallet.ts';
import { coalesce } from '../coalesce.ts';
import { toShownError } from '../shown-error.ts';
import type { LicenceOptions, LicenceSession } from './gate.ts';
import { HISTORY_MAX, historyOf, momentsOf, requestOf, tierInForce, viewOf } from './view.ts';

/** The entitlement is refreshed by itself at most so often. */
const REFRESH_EVERY_MS = 24 * 3600 * 1000;
/** When it was last tried, milliseconds since 1970. */
const REFRESHED = 'licence-refreshed';
/** Entries that are read for the history: a line's amount may stand in an earlier entry. */
const HISTORY_READ = 4 * HISTORY_MAX;

/** Tiers and Moments of a gallery. Reads nothing yet; call `load`. */
export function createLicenceSession({ config, store, state }: LicenceOptions): LicenceSession {
  const wallet = createWallet({ config, store, origin: location.origin });
  const life = new AbortController();
  const hasApi = config.url !== undefined;
  let fetchedPolicy: Policy | null = null;
  let ledger: LedgerState | null = null;
  let unsynced = 0;
  let history: readonly HistoryLine[] = [];
  let busy: LicenceView['busy'] = null;
  let error: ShownError | null = null;
  let loaded = false;
  let scheduled = false;

  const policy = (): Policy | null => wallet.snapshot().policy ?? config.policy ?? fetchedPolicy;
  const canAsk = (): boolean => hasApi && navigator.onLine && !life.signal.aborted;

  const show = (): void => {
    const known = policy();
    if (!loaded || known === null || life.signal.aborted) return;
    state.set({
      licence: viewOf({
        config,
        policy: known,
        snapshot: wallet.snapshot(),
        ledger,
        unsynced,
        history,
        settings: state.state.settings,
        nowS: wallet.nowS(),
        busy,
        error,
      }),
    });
  };
  /** Not within the change that calls for it: whoever listens sees one state after the other. */
  const showSoon = (): void => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      show();
    });
  };

  /** Takes the gallery's word for what is set aside and spent: jobs change it without the wallet. */
  const read = coalesce(async () => {
    const row = await store.wallet();
    ledger = row?.ledger ?? null;
    unsynced = row === null || ledger === null ? 0 : Math.max(0, ledger.head.seq - row.syncedSeq);
    history =
      ledger === null
        ? []
        : historyOf(
            await store.ledgerEntries(
              ledger.deviceId,
              Math.max(0, ledger.head.seq - HISTORY_READ),
              HISTORY_READ,
            ),
          );
    show();
  });
  const readSoon = (): void => {
    if (!life.signal.aborted) read().catch(reportUnlessClosed);
  };
  const reportUnlessClosed = (cause: unknown): void => {
    if (!life.signal.aborted) state.set({ alert: toShownError(cause) });
  };

  let line: Promise<unknown> = Promise.resolve();
  /** One after the other: what asks the licence API, and what spends by its answer. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = line.then(work);
    line = result.catch(() => undefined);
    return result;
  };
  const whileBusy = async <T>(what: LicenceView['busy'], work: () => Promise<T>): Promise<T> => {
    busy = what;
    showSoon();
    try {
      return await work();
    } finally {
      busy = null;
      await read().catch(reportUnlessClosed);
    }
  };

  const ensurePolicy = async (): Promise<Policy | null> => {
    if (policy() === null && canAsk()) {
      fetchedPolicy = await wallet.fetchPolicy();
      show();
    }
    return policy();
  };

  /** Whether the entitlement has passed half of its time, or doesn't hold, and none was asked for today. */
  const isRefreshDue = async (): Promise<boolean> => {
    const { claims, status, deviceId } = wallet.snapshot();
    if (deviceId === null) return false;
    const isFresh =
      status === 'active' && claims !== null && wallet.nowS() < claims.iat + (claims.exp - claims.iat) / 2;
    if (isFresh) return false;
    const last = await store.setting(REFRESHED);
    // In either direction: a clock that was put back doesn't put off the refresh that it needs.
    return typeof last !== 'number' || Math.abs(Date.now() - last) >= REFRESH_EVERY_MS;
  };

  /** What nobody waits for; a licence API that can't be reached is asked again at the next occasion. */
  const catchUp = coalesce(async () => {
    await alone(async () => {
      if (!canAsk()) return;
      await ensurePolicy();
      await read();
      if (wallet.snapshot().deviceId === null) return;
      const endedAtS = wallet.nowS();
      const hasEnded =
        ledger?.leases.some((lease) => lease.left > 0 && lease.expiresAtS <= endedAtS) ?? false;
      if (unsynced > 0 || hasEnded) await wallet.sync();
      if (await isRefreshDue()) {
        await store.putSetting(REFRESHED, Date.now());
        await wallet.refresh();
      }
      await read();
    });
  });
  const syncSoon = (): void => {
    readSoon();
    if (canAsk()) catchUp().catch(() => readSoon());
  };

  const price = async (settings: ClipSettings): Promise<number | undefined> => {
    await read();
    const known = await ensurePolicy();
    if (known === null) throw offline();
    const snapshot = wallet.snapshot();
    if (snapshot.status === 'clock') {
      throw new AppError('ERR_LICENCE_CLOCK', 'the clock went back: spending waits for a refresh', {
        retryable: true,
      });
    }
    if (snapshot.status === 'ledger') {
      throw new AppError('ERR_LICENCE_LEDGER', 'the ledger of this device is not whole');
    }
    const request = requestOf(settings);
    const [lock] = locksOf(known, tierInForce(known, snapshot), request);
    if (lock !== undefined) {
      throw new AppError('ERR_LICENCE_TIER', `the tier in force does not have it: ${lock.what}`, {
        details: { what: lock.what, tier: lock.tier?.name ?? null, status: snapshot.status },
      });
    }
    if (snapshot.claims !== null && !snapshot.metered) return undefined;
    const found = priceOf(known, request);
    // A clip without a price is locked above.
    if (found === null) throw new AppError('ERR_LICENCE_TIER', 'there is no price for such a clip');
    return found.price;
  };

  /** Gets what is missing for a price onto this device. */
  const lease = async (wanted: number): Promise<void> => {
    await read();
    const nowS = wallet.nowS();
    const { account, deviceId } = wallet.snapshot();
    const { here, available } = momentsOf(ledger, account?.balance ?? 0, nowS);
    if (here >= wanted) return;
    const most = policy()?.lease.amount ?? 0;
    const min = wanted - here;
    const funds = (): AppError =>
      new AppError('ERR_LICENCE_FUNDS', `${wanted} are needed, ${available} are left`, {
        details: { price: wanted, available },
      });
    if (!hasApi || deviceId === null) throw funds();
    if (!navigator.onLine) throw available >= wanted ? offline() : funds();
    await whileBusy('lease', () => wallet.lease(min, Math.max(min, most)));
  };

  const command = (what: LicenceView['busy'], work: () => Promise<unknown>): Promise<boolean> =>
    alone(async () => {
      error = null;
      try {
        await whileBusy(what, work);
        return true;
      } catch (cause) {
        error = toShownError(cause);
        return false;
      } finally {
        show();
      }
    });

  const commands: LicenceCommands = {
    async activate(key, deviceName) {
      const held = await command('activate', async () => {
        const normal = normaliseKey(key);
        if (normal === null) throw new AppError('ERR_LICENCE_KEY', 'that is no licence key');
        await wallet.activate(normal, deviceName);
      });
      if (held) syncSoon();
      return held;
    },
    async refresh() {
      await command('refresh', () => wallet.refresh());
      syncSoon();
    },
    async deactivate(deviceId) {
      await command('deactivate', () => wallet.deactivate(deviceId));
    },
    acceptTokens: (tokens) => command('refresh', () => wallet.acceptTokens(tokens)),
    dismissError() {
      error = null;
      show();
    },
  };

  const stopWallet = wallet.subscribe(() => readSoon());
  let seenSettings = state.state.settings;
  let seenJobs = '';
  const stopState = state.subscribe((next) => {
    if (next.settings !== seenSettings) {
      seenSettings = next.settings;
      showSoon();
    }
    const jobs = next.jobs.map(({ record }) => `${record.id} ${record.state}`).join();
    if (jobs !== seenJobs) {
      seenJobs = jobs;
      readSoon();
    }
  });
  /** Time has passed: what held may have ended. */
  const lookAgain = (): void => {
    if (document.hidden || !loaded) return;
    show();
    syncSoon();
  };
  window.addEventListener('online', () => syncSoon(), { signal: life.signal });
  document.addEventListener('visibilitychange', lookAgain, { signal: life.signal });

  return {
    commands,
    get ready() {
      return loaded && policy() !== null;
    },
    nowS: () => wallet.nowS(),
    async load() {
      const { refused } = await wallet.load();
      loaded = true;
      if (refused !== null) error ??= refusal(refused);
      await read();
      syncSoon();
    },
    async admit(settings) {
      const cost = await price(settings);
      if (cost === undefined || cost === 0) return cost;
      const { here } = momentsOf(ledger, 0, wallet.nowS());
      if (here < cost) await alone(() => lease(cost));
      return cost;
    },
    syncSoon,
    close() {
      life.abort();
      stopState();
      stopWallet();
      wallet.close();
    },
  };
}

function offline(): AppError {
  return new AppError('ERR_LICENCE_OFFLINE', 'the licence API can’t be reached', { retryable: true });
}

function refusal(code: ErrorCode): ShownError {
  return toShownError(new AppError(code, 'the entitlement kept on this device was refused'));
}
