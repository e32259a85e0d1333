import type { EntitlementClaims } from '../../contracts/licence/tokens.ts';
import type { LicenceConfig } from '../../contracts/licence/view.ts';
import type { LicenceStatus } from '../../contracts/licence/quote.ts';
import { judgeEntitlement } from '../../core/licence/entitlement.ts';
import type { WalletRow } from '../store/store.ts';
import type { WalletSnapshot } from './types.ts';

/** What is known before the wallet was read. */
export function emptySnapshot(config: LicenceConfig): WalletSnapshot {
  return {
    status: 'none',
    refused: null,
    claims: null,
    policy: config.policy ?? null,
    tierId: null,
    metered: true,
    endsAtMs: null,
    graceEndsAtMs: null,
    ledger: null,
    spendable: false,
    account: null,
    accountAtMs: null,
    keyHint: null,
    unsynced: 0,
    thumbprint: null,
    deviceId: null,
    fault: null,
    outdated: false,
  };
}

export interface SnapshotContext {
  readonly config: LicenceConfig;
  readonly origin: string;
  readonly nowS: number;
  readonly clockBack: boolean;
  /** The service has signed with a key that isn't one of the configuration's. */
  readonly outdated: boolean;
}

/** What comes first of all that may be wrong: that the licence is gone, then its ledger, then what its entitlement says. */
function statusOf(row: WalletRow, held: LicenceStatus | null): LicenceStatus {
  if (held !== null && row.removed === true) return held === 'revoked' ? 'revoked' : 'removed';
  if (row.fault !== null) return row.fault === 'refused' ? 'refused' : 'ledger';
  return held ?? 'none';
}

/**
 * What a wallet is worth now.
 *
 * @param claims of its entitlement, after its signature; null when there is none or it was refused.
 */
export function snapshotOf(
  row: WalletRow,
  claims: EntitlementClaims | null,
  { config, origin, nowS, clockBack, outdated }: SnapshotContext,
): WalletSnapshot {
  const policy = row.policy ?? config.policy ?? null;
  const verdict =
    claims === null
      ? null
      : judgeEntitlement(claims, {
          issuer: config.issuer,
          origin,
          thumbprint: row.key.thumbprint,
          nowS,
          clockBack,
          revokedEpoch: row.revokedEpoch,
          graceHours: policy?.graceHours ?? 0,
        });
  const held = verdict?.ok === true ? verdict : null;
  const status = statusOf(row, held?.status ?? null);
  const isInForce =
    held !== null &&
    row.removed !== true &&
    (held.status === 'active' || held.status === 'grace' || held.status === 'clock');
  const refusedHere = verdict?.ok === false ? verdict.code : null;
  return {
    status,
    refused: row.entitlement !== null && claims === null ? 'ERR_LICENCE_TOKEN' : refusedHere,
    claims: held === null ? null : claims,
    policy,
    tierId: isInForce && claims !== null ? claims.tier : null,
    metered: held === null || claims === null ? true : claims.metered,
    endsAtMs: held === null ? null : held.endsAtS * 1000,
    graceEndsAtMs: held === null ? null : held.graceEndsAtS * 1000,
    ledger: row.ledger,
    spendable: row.ledger !== null && (status === 'active' || status === 'grace'),
    account: row.account,
    accountAtMs: row.accountAtMs,
    keyHint: row.keyHint,
    unsynced: row.ledger === null ? 0 : Math.max(0, row.ledger.head.seq - row.syncedSeq),
    thumbprint: row.key.thumbprint,
    deviceId: row.deviceId,
    fault: row.fault,
    outdated,
  };
}
