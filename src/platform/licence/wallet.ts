import { AppError } from '../../contracts/errors.ts';
import { type Account, type Session } from '../../contracts/licence/api.ts';
import type { LedgerState } from '../../contracts/licence/ledger.ts';
import type { EntitlementClaims, LeaseClaims } from '../../contracts/licence/tokens.ts';
import { FIRST_CLOCK, readClock, setClock } from '../../core/licence/clock.ts';
import { judgeEntitlement, judgeLease, revokedEpoch } from '../../core/licence/entitlement.ts';
import { emptyLedger } from '../../core/licence/ledger.ts';
import type { WalletRow } from '../store/store.ts';
import { createApiClient, type ApiClient } from './api-client.ts';
import { createDeviceKey } from './device-key.ts';
import { freshRow } from './fresh-row.ts';
import { sealOf } from './ledger-check.ts';
import { createLedgerWork, damaged } from './ledger-work.ts';
import { createSealer } from './sealer.ts';
import { emptySnapshot, snapshotOf } from './snapshot.ts';
import type { Wallet, WalletOptions, WalletSnapshot } from './types.ts';
import { isUnknownKey, verifyToken } from './verify-token.ts';

export type { Wallet, WalletOptions, WalletSnapshot } from './types.ts';

/** What a device may forget of the time that it has seen, seconds. */
const KEEP_TIME_S = 60;

/** Reads nothing yet. */
export function createWallet(options: WalletOptions): Wallet {
  const { config, store, origin } = options;
  const now = options.now ?? (() => Date.now());
  const listeners = new Set<(snapshot: WalletSnapshot) => void>();
  let row: WalletRow | null = null;
  let clock = FIRST_CLOCK;
  /** The entitlement that was verified last, and what it said; null: it was refused. */
  let verified: { readonly token: string; readonly claims: EntitlementClaims | null } | null = null;
  let shown = emptySnapshot(config);
  let closed = false;
  /** The service has signed with a key that isn't pinned here. */
  let outdated = false;

  const readTime = (): { nowS: number; back: boolean } => {
    const reading = readClock(clock, now() / 1000);
    clock = reading.next;
    return reading;
  };
  const mine = (): WalletRow => {
    if (row === null) throw damaged('the wallet was not read yet');
    return row;
  };
  const key = (): WalletRow['key'] => mine().key;
  const api: ApiClient | null =
    config.url === undefined
      ? null
      : createApiClient({
          url: config.url,
          fetch: options.fetch ?? ((input, init) => fetch(input, init)),
          key,
          now,
          ...(options.pausesMs === undefined ? {} : { pausesMs: options.pausesMs }),
          ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        });
  const service = (): ApiClient => {
    if (api === null) throw new AppError('ERR_LICENCE_OFFLINE', 'there is no licence service here');
    return api;
  };

  /** One tab at a time; a tab that is closed lets go. */
  const alone = async <T>(work: () => Promise<T>): Promise<T> =>
    navigator.locks.request(`stillwake-wallet:${key().thumbprint}`, work);

  const claimsOf = async ({ entitlement }: WalletRow): Promise<EntitlementClaims | null> => {
    if (entitlement === null) return null;
    if (verified?.token === entitlement) return verified.claims;
    const claims = await verifyToken('entitlement', entitlement, config.keys).catch(() => null);
    verified = { token: entitlement, claims };
    return claims;
  };
  const look = (): WalletSnapshot => {
    if (row === null) return shown;
    const { nowS, back } = readTime();
    const claims = verified !== null && verified.token === row.entitlement ? verified.claims : null;
    const next = snapshotOf(row, claims, { config, origin, nowS, clockBack: back, outdated });
    const isSame = (Object.keys(next) as (keyof WalletSnapshot)[]).every(
      (name) => next[name] === shown[name],
    );
    if (!isSame) shown = next;
    return shown;
  };
  /** Takes over what the store has, and tells it. */
  const adopt = async (next: WalletRow): Promise<WalletSnapshot> => {
    await claimsOf(next);
    row = next;
    if (next.clock.offsetS !== clock.offsetS || next.clock.maxS > clock.maxS) clock = next.clock;
    const before = shown;
    const after = look();
    if (after !== before) for (const listener of listeners) listener(after);
    return after;
  };
  const change = async (fn: (row: WalletRow) => WalletRow): Promise<WalletSnapshot> => {
    const next = await store.changeWallet((found) => {
      if (found === null) throw damaged('the wallet is gone');
      const kept = found.clock.offsetS === clock.offsetS && found.clock.maxS < clock.maxS;
      return fn(kept ? { ...found, clock } : found);
    });
    return adopt(next);
  };

  /** Only where time went on for a while, so that the wallet isn't written for nothing. */
  const keepTime = async (): Promise<void> => {
    readTime();
    if (!closed && row !== null && clock.maxS > row.clock.maxS + KEEP_TIME_S) await change((found) => found);
  };

  const sealSoon = createSealer({ store, isOpen: () => !closed && row !== null, adopt });
  const stopWatching = store.onWalletChange(sealSoon);

  const accountChange = (account: Account): Partial<WalletRow> => ({
    account,
    accountAtMs: now(),
    keyHint: account.keyHint,
  });

  const refusalOfLease = (claims: LeaseClaims): ReturnType<typeof judgeLease> => {
    const { nowS, back } = readTime();
    return judgeLease(claims, {
      issuer: config.issuer,
      thumbprint: key().thumbprint,
      nowS,
      clockBack: back,
      subject: verified?.claims?.sub ?? '',
    });
  };
  const ledgerWork = createLedgerWork({
    store,
    keys: config.keys,
    hasApi: api !== null,
    service,
    nowS: () => readTime().nowS,
    row: mine,
    adopt,
    change,
    refusalOfLease,
    accountChange,
  });

  /** Verified claims that are this device's, by a clock set for them; or an error. */
  const accepted = async (
    token: string,
    at: typeof clock,
    graceHours: number,
  ): Promise<EntitlementClaims> => {
    const claims = await verifyToken('entitlement', token, config.keys);
    const reading = readClock(at, now() / 1000);
    const verdict = judgeEntitlement(claims, {
      issuer: config.issuer,
      origin,
      thumbprint: key().thumbprint,
      nowS: reading.nowS,
      clockBack: reading.back,
      revokedEpoch: claims.sub === verified?.claims?.sub ? mine().revokedEpoch : 0,
      graceHours,
    });
    if (!verdict.ok) throw new AppError(verdict.code, `an entitlement was refused: ${verdict.reason}`);
    if (verdict.status === 'revoked') throw new AppError('ERR_LICENCE_REVOKED', 'it was revoked');
    if (verdict.status === 'ended') throw new AppError('ERR_LICENCE_EXPIRED', 'it has ended');
    if (verdict.status === 'clock') throw new AppError('ERR_LICENCE_CLOCK', 'the clock went back');
    return claims;
  };
  /** A row with an entitlement and a ledger for a device. */
  const withDevice = (
    latest: WalletRow,
    deviceId: string,
    entitlement: string,
    isOtherLicence: boolean,
    first: { readonly state: LedgerState; readonly seal: string },
  ): WalletRow => {
    const goesOn = latest.ledger?.deviceId === deviceId;
    return {
      ...latest,
      deviceId,
      entitlement,
      revokedEpoch: isOtherLicence ? 0 : latest.revokedEpoch,
      ...(goesOn
        ? {}
        : { ledger: first.state, seal: first.seal, syncedSeq: 0, leaseTokens: {}, fault: null }),
    };
  };
  const firstLedger = async (deviceId: string): Promise<{ state: LedgerState; seal: string }> => {
    const state = emptyLedger(deviceId);
    return { state, seal: await sealOf(key(), state) };
  };
  const takeSession = async (session: Session): Promise<WalletSnapshot> => {
    const at = setClock(clock, session.serverTimeMs / 1000, now() / 1000);
    const before = verified?.claims?.sub;
    const claims = await accepted(session.entitlement, at, session.policy.graceHours);
    const first = await firstLedger(session.deviceId);
    const known = await store.wallet();
    let fault = known?.fault ?? null;
    const { seq, hash } = session.ledger;
    if (known?.ledger?.deviceId === session.deviceId) {
      const here = await ledgerWork.hashAt(session.deviceId, seq);
      if (here !== hash) fault = 'forked';
      else if (fault === 'forked' && seq === known.ledger.head.seq) fault = null;
    } else {
      fault = seq === 0 ? null : 'forked';
    }
    clock = at;
    outdated = false;
    return change((latest) => ({
      ...withDevice(latest, session.deviceId, session.entitlement, claims.sub !== before, first),
      ...accountChange(session.account),
      policy: session.policy,
      removed: false,
      clock: at,
      syncedSeq: fault === null ? seq : latest.syncedSeq,
      fault,
    }));
  };
  /** Whatever the service signs with a key that isn't known here changes nothing but this. */
  const noting = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      if (isUnknownKey(cause)) outdated = true;
      throw cause;
    }
  };
  /** The service knows this device no more: what it holds goes back, now or at a later sync. */
  const asMember = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await noting(work);
    } catch (cause) {
      const isGone =
        cause instanceof AppError && cause.code === 'ERR_LICENCE_DEVICE' && cause.details['status'] === 401;
      if (isGone) {
        await change((latest) => ({ ...latest, removed: true }));
        await ledgerWork.sync('all').catch(() => undefined);
      }
      throw cause;
    }
  };
  const checkRevocations = async (): Promise<WalletSnapshot> => {
    const sub = verified?.claims?.sub;
    if (sub === undefined || api === null) return look();
    const { revocations } = await api.revocations();
    const list = await noting(() => verifyToken('revocations', revocations, config.keys));
    const epoch = revokedEpoch(list, config.issuer, sub);
    if (epoch <= mine().revokedEpoch) return look();
    return change((latest) => ({ ...latest, revokedEpoch: Math.max(latest.revokedEpoch, epoch) }));
  };
  const refresh = async (): Promise<WalletSnapshot> => {
    try {
      await asMember(async () => takeSession(await service().refresh()));
    } finally {
      // A list that can't be had now is had at the next refresh.
      await checkRevocations().catch(() => undefined);
    }
    return look();
  };

  return {
    async load() {
      const key = (await store.wallet())?.key ?? (await createDeviceKey(options.subtle));
      // Two tabs that begin at once keep the first one's key.
      row = await store.changeWallet((found) => found ?? freshRow(key));
      clock = row.clock;
      await adopt(row);
      await alone(() => ledgerWork.check());
      await keepTime();
      return look();
    },
    snapshot: look,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    nowS: () => readTime().nowS,
    keepTime,
    async fetchPolicy() {
      if (api === null) return config.policy ?? null;
      const { policy } = await api.policy();
      await change((latest) => (latest.entitlement === null ? { ...latest, policy } : latest));
      return policy;
    },
    activate: (licenceKey, name) =>
      alone(async () => {
        const api = service();
        if (mine().fault !== null) {
          // A device whose ledger is at fault begins anew, as another device.
          const anew = await createDeviceKey(options.subtle);
          verified = null;
          await change((latest) => ({ ...freshRow(anew), clock: latest.clock, policy: latest.policy }));
        }
        const device = { publicKey: key().publicKey, name };
        return noting(async () => takeSession(await api.activate({ key: licenceKey, device })));
      }),
    refresh: () => alone(refresh),
    checkRevocations,
    lease: (wanted, most) =>
      alone(async () => {
        await asMember(() => ledgerWork.lease(wanted, most));
        return look();
      }),
    sync: () =>
      alone(async () => {
        await ledgerWork.sync('ended');
        return look();
      }),
    deactivate: (deviceId) =>
      alone(async () => {
        const isOther = deviceId !== undefined && deviceId !== mine().deviceId;
        if (!isOther && api !== null) {
          await ledgerWork.sync('ended');
          await ledgerWork.sync('all');
        }
        const account = api === null ? null : (await api.deactivate(isOther ? { deviceId } : {})).account;
        if (isOther)
          return account === null ? look() : change((latest) => ({ ...latest, ...accountChange(account) }));
        return change((latest) => ({
          ...latest,
          deviceId: null,
          entitlement: null,
          account: null,
          accountAtMs: null,
          keyHint: null,
          revokedEpoch: 0,
          removed: false,
          pendingLease: null,
        }));
      }),
    acceptTokens: ({ entitlement, leases = [] }) =>
      alone(async () => {
        const current = verified?.claims ?? null;
        const graceHours = look().policy?.graceHours ?? 0;
        let claims = current;
        let at = clock;
        if (entitlement !== undefined) {
          const fresh = await noting(() => verifyToken('entitlement', entitlement, config.keys));
          const reading = readClock(clock, now() / 1000);
          const isNewer = fresh.iat > (current?.iat ?? 0);
          if (isNewer && (reading.back || reading.nowS < fresh.iat))
            at = setClock(clock, fresh.iat, now() / 1000);
          claims = await accepted(entitlement, at, graceHours);
        }
        if (claims === null) throw new AppError('ERR_LICENCE_TOKEN', 'a lease without an entitlement');
        const reading = readClock(at, now() / 1000);
        const read: { token: string; claims: LeaseClaims }[] = [];
        for (const token of leases) {
          const lease = await verifyToken('lease', token, config.keys);
          const refusal = judgeLease(lease, {
            issuer: config.issuer,
            thumbprint: key().thumbprint,
            nowS: reading.nowS,
            clockBack: reading.back,
            subject: claims.sub,
          });
          if (refusal !== null) throw new AppError(refusal.code, `a lease was refused: ${refusal.reason}`);
          read.push({ token, claims: lease });
        }
        if (entitlement !== undefined) {
          const deviceId = mine().deviceId ?? key().thumbprint;
          const first = await firstLedger(deviceId);
          const isOther = current?.sub !== claims.sub;
          clock = at;
          await change((latest) => ({
            ...withDevice(latest, deviceId, entitlement, isOther, first),
            clock: at,
          }));
        }
        for (const one of read) await ledgerWork.takeLease(one.token, one.claims);
        return look();
      }),
    verifyLedger: () => alone(() => ledgerWork.check()),
    close() {
      closed = true;
      stopWatching();
      listeners.clear();
    },
  };
}
