import type { ShownError } from '../../contracts/app.api.ts';
import type { LedgerEntry, LedgerState } from '../../contracts/licence/ledger.ts';
import type { Policy, PriceRequest, Quality, Tier } from '../../contracts/licence/policy.ts';
import type { HistoryLine, LicenceConfig, LicenceStep, LicenceView } from '../../contracts/licence/view.ts';
import type { PacksView } from '../../contracts/packs-view.ts';
import { PORTRAIT, type ClipSettings } from '../../contracts/settings.ts';
import { locksOf, tierById } from '../../core/licence/access.ts';
import { freeTotal, partsTotal, reservedTotal } from '../../core/licence/ledger.ts';
import { quoteOf } from '../../core/licence/price.ts';
import type { WalletSnapshot } from '../../platform/licence/types.ts';

/** Most lines of the ledger that are shown. */
export const HISTORY_MAX = 100;

/** Quality of a pack as it says itself; of one that isn't known here the better one, so that nothing is made too cheap. */
export function qualityOf(packId: string, kept: PacksView['kept']): Quality {
  if (packId === PORTRAIT) return 'standard';
  const found = (kept ?? []).filter(({ pack }) => pack.id === packId);
  return (found.find(({ state }) => state === 'installed') ?? found[0])?.pack.tier ?? 'advanced';
}

/** What a clip's price and its locks depend on. There is no sound yet. */
export function requestOf(
  { resolution, seconds, pack }: ClipSettings,
  kept: PacksView['kept'],
): PriceRequest {
  return { mode: 'advanced', resolution, quality: qualityOf(pack, kept), sound: false, seconds };
}

/**
 * The tier in force. With a clock or a ledger that can't be believed it stays the one that was bought: spending waits,
 * but nothing is taken away.
 */
export function tierInForce(policy: Policy, { status, claims, tierId }: WalletSnapshot): Tier {
  const keeps = status === 'clock' || status === 'ledger' || status === 'refused';
  const held = keeps ? (claims?.tier ?? tierId) : tierId;
  return tierById(policy, held);
}

/** What a person can do, most useful first; empty when nothing needs doing. */
export function stepsOf(
  { status, outdated }: Pick<WalletSnapshot, 'status' | 'outdated'>,
  { hasApi, online }: { readonly hasApi: boolean; readonly online: boolean },
): LicenceStep[] {
  const refresh = online ? 'refresh' : 'connect';
  const steps = (): LicenceStep[] => {
    if (!hasApi) return status === 'active' || status === 'none' ? [] : ['ask-seller'];
    switch (status) {
      case 'active':
        return [];
      case 'none':
        return ['activate'];
      case 'grace':
      case 'clock':
        return [refresh];
      case 'ended':
        return [refresh, 'ask-seller'];
      case 'unknown':
        return ['connect'];
      case 'misconfigured':
        return ['tell-host'];
      case 'revoked':
      case 'removed':
      case 'ledger':
      case 'refused':
        return ['activate', 'ask-seller'];
    }
  };
  return outdated ? ['reload', ...steps()] : steps();
}

/**
 * A device's ledger as lines for people, newest first. A line says how much, which a commit's own entry doesn't; never
 * below 0, for its kind says which way it goes.
 */
export function historyOf(entries: readonly LedgerEntry[]): HistoryLine[] {
  const reserved = new Map<string, number>();
  const lines = entries.map(({ atMs, event }): HistoryLine => {
    switch (event.type) {
      case 'lease':
      case 'return':
        return { atMs, kind: event.type, amount: event.amount, jobId: null };
      case 'reserve': {
        const amount = partsTotal(event.parts);
        reserved.set(event.jobId, amount);
        return { atMs, kind: 'reserve', amount, jobId: event.jobId };
      }
      case 'commit':
      case 'release':
        return { atMs, kind: event.type, amount: reserved.get(event.jobId) ?? 0, jobId: event.jobId };
    }
  });
  return lines.reverse().slice(0, HISTORY_MAX);
}

/** What is free and what is set aside on this device, and what the licence had beyond it. */
export function momentsOf(ledger: LedgerState | null, balance: number, nowS: number): LicenceView['moments'] {
  const here = ledger === null ? 0 : freeTotal(ledger, nowS);
  return {
    here,
    reserved: ledger === null ? 0 : reservedTotal(ledger),
    balance,
    available: here + Math.max(0, balance),
  };
}

/** Everything that a view is drawn from. */
export interface ViewInput {
  readonly config: LicenceConfig;
  readonly policy: Policy;
  readonly snapshot: WalletSnapshot;
  /** As the gallery has it now; it may be newer than the snapshot's. */
  readonly ledger: LedgerState | null;
  readonly unsynced: number;
  readonly history: readonly HistoryLine[];
  readonly settings: ClipSettings;
  readonly packs: PacksView['kept'];
  /** Corrected time, seconds since 1970. */
  readonly nowS: number;
  readonly online: boolean;
  readonly busy: LicenceView['busy'];
  readonly error: ShownError | null;
}

/** Tiers and Moments as the interface shows them. */
export function viewOf(input: ViewInput): LicenceView {
  const { config, policy, snapshot, settings } = input;
  const { status, account } = snapshot;
  const tier = tierInForce(policy, snapshot);
  const metered = snapshot.claims === null || snapshot.metered;
  const moments = momentsOf(input.ledger, account?.balance ?? 0, input.nowS);
  const request = requestOf(settings, input.packs);
  const locks = locksOf(policy, tier, request);
  const hasApi = config.url !== undefined;
  return {
    status,
    steps: stepsOf(snapshot, { hasApi, online: input.online }),
    fault: snapshot.fault,
    policy,
    tier,
    grant: tier.grant,
    metered,
    hasApi,
    buyUrl: config.buyUrl ?? null,
    endsAtMs: snapshot.endsAtMs,
    graceEndsAtMs: snapshot.graceEndsAtMs,
    deviceThumbprint: snapshot.thumbprint,
    deviceId: snapshot.deviceId,
    moments,
    account,
    accountAtMs: snapshot.accountAtMs,
    history: input.history,
    unsynced: input.unsynced,
    busy: input.busy,
    error: input.error,
    quote: metered && locks.length === 0 ? quoteOf(policy, tier, request, moments.available) : null,
    locks,
  };
}
