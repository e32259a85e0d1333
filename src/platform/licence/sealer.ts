import type { Store, WalletRow } from '../store/store.ts';
import { sealOf } from './ledger-check.ts';
import { damaged } from './ledger-work.ts';

/** What {@link createSealer} works with. */
export interface SealerOptions {
  readonly store: Pick<Store, 'wallet' | 'changeWallet'>;
  /** False before the wallet was read and after it was closed. */
  readonly isOpen: () => boolean;
  /** Takes over what the store has. */
  readonly adopt: (row: WalletRow) => Promise<unknown>;
}

/**
 * Signs the ledger's head with the device's key in the background.
 *
 * @returns what asks for it after a change; several calls at once are one. Never throws.
 */
export function createSealer({ store, isOpen, adopt }: SealerOptions): () => void {
  let sealed: string | null = null;
  let pending = false;
  let background: Promise<void> = Promise.resolve();

  const seal = async (): Promise<void> => {
    const found = await store.wallet();
    if (found === null) return;
    await adopt(found);
    const { ledger, fault } = found;
    if (ledger === null || fault !== null || !isOpen() || sealed === ledger.head.hash) return;
    const token = await sealOf(found.key, ledger);
    await store.changeWallet((latest) => {
      if (latest === null) throw damaged('the wallet is gone');
      return latest.ledger?.head.hash === ledger.head.hash ? { ...latest, seal: token } : latest;
    });
    sealed = ledger.head.hash;
  };

  return () => {
    if (pending || !isOpen()) return;
    pending = true;
    background = background
      .then(() => {
        pending = false;
        return isOpen() ? seal() : undefined;
      })
      // The next change, or the next visit, seals it.
      .catch(() => undefined);
  };
}
