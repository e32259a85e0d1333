import type { PackKey } from '../contracts/packs.api.ts';

/**
 * Keys whose packs are installed without a warning. Whoever publishes packs for an installation of Stillwake adds the
 * entry that `python -m stillwake_export key` prints; two during a rotation. Without one every pack comes with a warning.
 */
export const PACK_KEYS: readonly PackKey[] = [];
