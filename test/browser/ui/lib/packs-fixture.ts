import * as v from 'valibot';
import tinyLtx from '../../../../models/tiny/ltx/pack.json';
import { EMPTY_PACKS } from '../../../../src/app/empty-state.ts';
import { parsePack, type Pack } from '../../../../src/contracts/pack.ts';
import type { LookedPack, PackFit, PacksView, PackTask } from '../../../../src/contracts/packs-view.ts';
import type { KeptPack, PackOffer } from '../../../../src/contracts/packs.api.ts';
import type { FlowMachine } from '../../../../src/contracts/render.api.ts';

const raw = v.parse(v.record(v.string(), v.unknown()), tinyLtx);

/** The small pack of the tests, as if it were one that somebody publishes. */
export const PACK: Pack = parsePack({
  ...raw,
  id: 'ltx-video-2b',
  version: '0.9.8',
  title: 'LTX-Video 2B distilled',
  tier: 'advanced',
  source: 'https://huggingface.co/Lightricks/LTX-Video',
  licence: { spdx: 'LicenseRef-LTXV', text: 'You may use it.\n'.repeat(60) },
  limits: { maxSidePx: 768, maxFrames: 161, memoryBytes: 3_100_000_000 },
});

export const MACHINE: FlowMachine = {
  provider: 'webgpu',
  adapter: 'A card',
  shaderF16: true,
  subgroups: true,
  streams: true,
  maxBufferSize: 2 ** 32,
  maxStorageBufferBindingSize: 2 ** 31,
  heapBytes: 2 ** 32,
  threads: 8,
  probe: 1e9,
};

export const FITS: PackFit = {
  fits: true,
  sentence: 'Fits; about 40 s for 3 s at 512×320.',
  seconds: 40,
  instead: null,
};

export const URL_FROM = { kind: 'url', url: 'https://models.example.org/ltx/' } as const;

export function keptOf(change: Partial<KeptPack> = {}): KeptPack {
  return {
    pack: PACK,
    state: 'installed',
    trust: 'trusted',
    keyId: 'stillwake-2026',
    bytes: 2_700_000_000,
    haveBytes: 2_700_000_000,
    from: URL_FROM,
    installedAtMs: 1_700_000_000_000,
    verifiedAtMs: 1_700_000_000_000,
    damagedFiles: [],
    ...change,
  };
}

export function offerOf(change: Partial<PackOffer> = {}): PackOffer {
  return {
    pack: PACK,
    trust: 'trusted',
    keyId: 'stillwake-2026',
    bytes: 2_700_000_000,
    haveBytes: 0,
    freeBytes: 11_000_000_000,
    ...change,
  };
}

export const lookedOf = (change: Partial<PackOffer> = {}, fit: PackFit | null = FITS): LookedPack => ({
  origin: URL_FROM,
  offer: offerOf(change),
  fit,
});

export function taskOf(change: Partial<PackTask> = {}): PackTask {
  return {
    id: 'task',
    kind: 'install',
    packId: PACK.id,
    version: PACK.version,
    title: PACK.title,
    progress: {
      phase: 'download',
      doneBytes: 1_100_000_000,
      totalBytes: 2_700_000_000,
      bytesPerSecond: 24_000_000,
      waiting: null,
    },
    etaS: 66,
    ...change,
  };
}

export function packsOf(change: Partial<PacksView> = {}): PacksView {
  return { ...EMPTY_PACKS, kept: [], machine: MACHINE, ...change };
}
