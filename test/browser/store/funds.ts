import { emptyLedger } from '../../../src/core/licence/ledger.ts';
import { createDeviceKey } from '../../../src/platform/licence/device-key.ts';
import { freshRow } from '../../../src/platform/licence/fresh-row.ts';
import type { Store } from '../../../src/platform/store/store.ts';

/** The device that {@link fund} gives Moments to. */
export const DEVICE = 'device-1';

/** Gives a store's device so many Moments, by one lease that holds for a day. */
export async function fund(store: Store, amount: number): Promise<void> {
  const key = await createDeviceKey();
  await store.changeWallet(() => ({ ...freshRow(key), deviceId: DEVICE, ledger: emptyLedger(DEVICE) }));
  const expiresAtS = Math.floor(Date.now() / 1000) + 86_400;
  await store.appendLedger(() => [{ type: 'lease', leaseId: 'lease-1', amount, expiresAtS }]);
}
