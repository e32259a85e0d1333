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
import { toAppError, toShownError } from '../shown-error.ts';
import type { LicenceOptions, LicenceSession } from './types.ts';
import { standInView } from './stand-in.ts';
import { HISTORY_MAX, historyOf, momentsOf, requestOf, tierInForce, viewOf } from './view.ts';

/** The entitlement is refreshed by itself at most so often. */
const REFRESH_EVERY_MS = 24 * 3600 * 1000;
/** When it was last tried, milliseconds since 1970. */
const REFRESHED = 'licence-refreshed';
/** A refresh without which nothing can be spent is tried at most so often, by a clock that nobody sets. */
const URGENT_EVERY_MS = 60_000;
/** The list of revocations is read at most so often. */
const REVOCATIONS_EVERY_MS = 6 * 3600 * 1000;
/** When it was last read, milliseconds since 1970. */
const REVOCATIONS_READ = 'licence-revocations-read';
/** Waits before what failed is tried again, milliseconds; the last one goes on. */
const BACKOFF_MS = [5000, 15_000, 60_000, 300_000, 900_000];
/** Entries that are read for the history: a line's amount may stand in an earlier entry. */
const HISTORY_READ = 4 * HISTORY_MAX;

/** Tiers and Moments of a gallery. Reads nothing yet; call `load`. */
export function createLicenceSession(options: LicenceOptions): LicenceSession {
  const { config, store, state, seams = {} } = options;
  const { backoffMs = BACKOFF_MS, ...walletSeams } = seams;
  const wallet = createWallet({ config, store, origin: location.origin, ...walletSeams });
  const nowMs = seams.now ?? ((): number => Date.now());
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
  /** What was tried last in a hurry, and how often in a row catching up has failed. */
  let urgentAtMs = -Infinity;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The balance with which no more was to be had. */
  let exhausted: number | null = null;

  const policy = (): Policy | null => wallet.snapshot().policy ?? config.policy ?? fetchedPolicy;
  const canAsk = (): boolean => hasApi && navigator.onLine && !life.signal.aborted;

  const show = (): void => {
    const known = policy();
    if (!loaded || life.signal.aborted) return;
    if (known === null) {
      state.set({ licence: standInView(config, busy, error) });
      return;
    }
    state.set({
      licence: viewOf({
        config,
        policy: known,
        snapshot: wallet.snapshot(),
        ledger,
        unsynced,
        history,
        settings: state.state.settings,
        packs: state.state.packs.kept,
        nowS: wallet.nowS(),
        online: navigator.onLine,
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

  const isOlder = async (setting: string, ageMs: number): Promise<boolean> => {
    const last = await store.setting(setting);
    // In either direction: a clock that was put back doesn't put off what it needs.
    return typeof last !== 'number' || Math.abs(nowMs() - last) >= ageMs;
  };
  /** Whether nothing can be spent before a refresh, which may be tried again by now. */
  const isUrgent = (): boolean => {
    const { status, refused } = wallet.snapshot();
    if (status !== 'clock' && refused === null) return false;
    return performance.now() - urgentAtMs >= URGENT_EVERY_MS;
  };
  /** Whether the entitlement has passed half of its time, or doesn't hold, and none was asked for today. */
  const isRefreshDue = async (): Promise<boolean> => {
    const { claims, status, deviceId, outdated } = wallet.snapshot();
    // A page that is too old can't read the answer; once it is loaded again it asks at once.
    if (deviceId === null || outdated) return false;
    if (isUrgent()) return true;
    const isFresh =
      status === 'active' && claims !== null && wallet.nowS() < claims.iat + (claims.exp - claims.iat) / 2;
    return !isFresh && isOlder(REFRESHED, REFRESH_EVERY_MS);
  };
  const refresh = async (): Promise<void> => {
    urgentAtMs = performance.now();
    await store.putSetting(REFRESHED, nowMs());
    try {
      await wallet.refresh();
    } finally {
      // What the clock said before the service told the time is no measure of when this was.
      await store.putSetting(REFRESHED, wallet.snapshot().outdated ? null : nowMs());
    }
  };

  /** Gets Moments for the next clip ahead of time, where clips have been made before: so it can be made offline. */
  const topUp = async (): Promise<void> => {
    const known = policy();
    const { status, metered, account } = wallet.snapshot();
    if (known === null || status !== 'active' || !metered || account === null || ledger === null) return;
    if (ledger.totals.leased === 0 || account.balance <= 0 || account.balance === exhausted) return;
    const request = requestOf(state.state.settings, state.state.packs.kept);
    if (locksOf(known, tierInForce(known, wallet.snapshot()), request).length > 0) return;
    const cost = priceOf(known, request)?.price ?? 0;
    const { here, available } = momentsOf(ledger, account.balance, wallet.nowS());
    if (here >= cost || available < cost) return;
    try {
      await wallet.lease(cost, known.lease.amount);
    } catch (cause) {
      if (toAppError(cause).code !== 'ERR_LICENCE_FUNDS') throw cause;
      exhausted = account.balance;
    }
  };

  /** What nobody waits for; a licence API that can't be reached is asked again later. */
  const catchUp = coalesce(async () => {
    await alone(async () => {
      if (!canAsk()) return;
      await ensurePolicy();
      await read();
      const endedAtS = wallet.nowS();
      const hasEnded =
        ledger?.leases.some((lease) => lease.left > 0 && lease.expiresAtS <= endedAtS) ?? false;
      // Of a device that was taken off its licence too.
      if (wallet.snapshot().fault === null && (unsynced > 0 || hasEnded)) await wallet.sync();
      if (wallet.snapshot().claims !== null && (await isOlder(REVOCATIONS_READ, REVOCATIONS_EVERY_MS))) {
        // A list that can't be used is no reason to let the entitlement run out.
        const isRead = await wallet.checkRevocations().then(() => true, passOverToken);
        if (isRead) await store.putSetting(REVOCATIONS_READ, nowMs());
      }
      if (await isRefreshDue()) await refresh();
      await topUp();
      await read();
    });
  });
  const retryLater = (cause: unknown): void => {
    const { code, details, retryable } = toAppError(cause);
    if (life.signal.aborted || !retryable || !code.startsWith('ERR_LICENCE_')) return;
    const waitMs = backoffMs[Math.min(failures, backoffMs.length - 1)] ?? 0;
    const { retryAfterS } = details;
    const toldMs = typeof retryAfterS === 'number' ? retryAfterS * 1000 : 0;
    failures += 1;
    clearTimeout(timer);
    // Not all devices at once, after the service was away.
    timer = setTimeout(syncSoon, Math.max(waitMs * (1 + Math.random() / 4), toldMs));
  };
  const syncSoon = (): void => {
    readSoon();
    if (!canAsk()) return;
    catchUp().then(
      () => {
        failures = 0;
        clearTimeout(timer);
      },
      (cause: unknown) => {
        readSoon();
        retryLater(cause);
      },
    );
  };

  const price = async (settings: ClipSettings): Promise<number | undefined> => {
    await read();
    const known = await ensurePolicy();
    if (known === null) throw offline();
    if (wallet.snapshot().status === 'clock' && canAsk()) await alone(refresh).catch(() => undefined);
    const snapshot = wallet.snapshot();
    if (snapshot.status === 'clock') {
      throw new AppError('ERR_LICENCE_CLOCK', 'the clock went back: spending waits for a refresh', {
        retryable: true,
      });
    }
    if (snapshot.fault !== null) {
      throw new AppError('ERR_LICENCE_LEDGER', 'the ledger of this device is not whole', {
        details: { fault: snapshot.fault },
      });
    }
    if (snapshot.status === 'removed') {
      throw new AppError('ERR_LICENCE_DEVICE', 'this device is no longer one of a licence that holds');
    }
    const request = requestOf(settings, state.state.packs.kept);
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
    const funds = (): AppError =>
      new AppError('ERR_LICENCE_FUNDS', `${wanted} are needed, ${available} are left`, {
        details: { price: wanted, available },
      });
    if (!hasApi || deviceId === null) throw funds();
    if (!navigator.onLine) throw available >= wanted ? offline() : funds();
    await whileBusy('lease', () => wallet.lease(wanted, Math.max(wanted, most)));
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
      await command('refresh', refresh);
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
  let seen = state.state;
  let seenJobs = '';
  const stopState = state.subscribe((next) => {
    if (next.settings !== seen.settings || next.packs.kept !== seen.packs.kept) showSoon();
    seen = next;
    const jobs = next.jobs.map(({ record }) => `${record.id} ${record.state}`).join();
    if (jobs !== seenJobs) {
      seenJobs = jobs;
      readSoon();
    }
  });
  /** Time has passed: what held may have ended. */
  const lookAgain = (): void => {
    if (!loaded) return;
    if (document.hidden) {
      wallet.keepTime().catch(reportUnlessClosed);
      return;
    }
    show();
    syncSoon();
  };
  const onOnline = (): void => {
    failures = 0;
    show();
    syncSoon();
  };
  window.addEventListener('online', onOnline, { signal: life.signal });
  window.addEventListener('offline', show, { signal: life.signal });
  document.addEventListener('visibilitychange', lookAgain, { signal: life.signal });

  return {
    commands,
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
      clearTimeout(timer);
      stopState();
      stopWallet();
      wallet.close();
    },
  };
}

function offline(): AppError {
  return new AppError('ERR_LICENCE_OFFLINE', 'the licence API can’t be reached', { retryable: true });
}

function passOverToken(cause: unknown): false {
  if (toAppError(cause).code === 'ERR_LICENCE_TOKEN') return false;
  throw cause;
}

function refusal(code: ErrorCode): ShownError {
  return toShownError(new AppError(code, 'the entitlement kept on this device was refused'));
}
