/** How much of the disk this site uses. */
export interface Room {
  /** Whether the browser promised not to clear the gallery by itself. */
  readonly persisted: boolean;
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** Asks the browser how much room there is; null where it doesn't say (an insecure page, an old browser). */
export async function readRoom(): Promise<Room | null> {
  try {
    const [estimate, persisted] = await Promise.all([
      navigator.storage.estimate(),
      navigator.storage.persisted(),
    ]);
    return { persisted, usedBytes: estimate.usage ?? 0, quotaBytes: estimate.quota ?? 0 };
  } catch {
    return null;
  }
}

/** Asks the browser never to clear the gallery by itself; false when it declines. */
export async function keepForGood(): Promise<boolean> {
  try {
    return await navigator.storage.persist();
  } catch {
    return false;
  }
}
