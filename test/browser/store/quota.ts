/// <reference types="@vitest/browser-playwright" />
import { cdp } from 'vitest/browser';
import type { Store } from '../../../src/platform/store/store.ts';
import { noise } from './records.ts';

/**
 * Sets this origin's quota in bytes, as the browser's developer tools do; the browser itself enforces it. Null takes
 * it away.
 */
export async function setQuota(sizeBytes: number | null): Promise<void> {
  await cdp().send('Storage.overrideQuotaForOrigin', {
    origin: location.origin,
    ...(sizeBytes === null ? {} : { quotaSize: sizeBytes }),
  });
}

/**
 * Removes every database of this origin and leaves room for so many bytes. The browser remembers for half a minute how
 * much room it found; a storage that it opens anew asks again, so that the quota is felt at once.
 */
export async function startAnew(roomBytes: number): Promise<void> {
  await cdp().send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes: 'indexeddb' });
  const { usage = 0 } = await navigator.storage.estimate();
  await setQuota(usage + roomBytes);
}

/** Writes until not even a hundred bytes more are taken. */
export async function fillUp(store: Store): Promise<void> {
  let serial = 0;
  for (const sizeBytes of [2 ** 18, 2 ** 14, 2 ** 10, 100]) {
    for (let full = false; !full; serial += 1) {
      const bytes = await noise(sizeBytes).arrayBuffer();
      full = await store.putSetting(`filling-${serial}`, bytes).then(
        () => false,
        () => true,
      );
    }
  }
}
