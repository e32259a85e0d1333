import type { AppState } from '../../contracts/app.api.ts';
import type { LicenceConfig } from '../../contracts/licence/view.ts';
import type { KeptPack } from '../../contracts/packs.api.ts';
import { createStore, type Store } from '../../platform/store/store.ts';
import { EMPTY_STATE } from '../empty-state.ts';
import { createStateStore } from '../state-store.ts';
import { createLicenceGate } from './gate.ts';
import type { LicenceGate, LicenceSeams } from './types.ts';
import { createTill, type Till } from './till.ts';

/** A till with what it stands on. */
export interface HeadlessTill extends Till {
  readonly gate: LicenceGate;
  readonly store: Store;
  /** Takes a pack that was installed into what prices go by; of others the better quality is taken. */
  know(pack: KeptPack): void;
  close(): void;
}

/**
 * The till of a page without an interface, over the gallery of that name: tiers and Moments are those that were
 * activated there.
 */
export function createHeadlessTill(
  config: LicenceConfig | 'unreadable',
  name = 'stillwake',
  seams: LicenceSeams = {},
): HeadlessTill {
  const state = createStateStore<AppState>(EMPTY_STATE);
  const store = createStore({ name, ...(seams.now === undefined ? {} : { now: seams.now }) });
  const gate = createLicenceGate({ config, store, state, seams });
  return {
    gate,
    store,
    ...createTill({ gate, store, name }),
    know(pack) {
      const { packs } = state.state;
      const others = (packs.kept ?? []).filter((other) => other.pack.id !== pack.pack.id);
      state.set({ packs: { ...packs, kept: [...others, pack] } });
    },
    close() {
      gate.close();
      store.close();
    },
  };
}
