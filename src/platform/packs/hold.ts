import { AppError } from '../../contracts/errors.ts';
import { lockName } from './library.ts';
import { PACKS_FOLDER } from './opfs-source.ts';

/**
 * Does something with an installed pack while nobody can repair or delete it. Several may hold one at once.
 *
 * @throws ERR_MODEL_BUSY (retryable) while somebody installs, verifies, repairs or deletes it; whatever `work` throws.
 */
export async function whileHeld<T>(packId: string, work: () => Promise<T>): Promise<T> {
  const options = { mode: 'shared', ifAvailable: true } as const;
  return navigator.locks.request(lockName(PACKS_FOLDER, packId), options, (lock) => {
    if (lock !== null) return work();
    throw new AppError('ERR_MODEL_BUSY', `somebody is working on ${packId}`, {
      retryable: true,
      details: { pack: packId },
    });
  });
}
