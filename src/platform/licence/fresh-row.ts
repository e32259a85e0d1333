import { FIRST_CLOCK } from '../../core/licence/clock.ts';
import type { WalletRow } from '../store/store.ts';

/** The wallet of a device that has nothing yet but its key. */
export const freshRow = (key: WalletRow['key']): WalletRow => ({
  deviceId: null,
  key,
  entitlement: null,
  leaseTokens: {},
  policy: null,
  account: null,
  accountAtMs: null,
  keyHint: null,
  ledger: null,
  syncedSeq: 0,
  clock: FIRST_CLOCK,
  seal: null,
  revokedEpoch: 0,
  fault: null,
});
