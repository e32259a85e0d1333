import { AppError } from '../contracts/errors.ts';
import type { HeadlessFlow, HeadlessOffer } from '../contracts/headless.api.ts';
import type { Pack } from '../contracts/pack.ts';
import type { PackFit } from '../contracts/packs-view.ts';
import type { KeptPack, PackOffer, PackOrigin, PackProgress, PacksApi } from '../contracts/packs.api.ts';
import type { PictureReport } from '../contracts/render.api.ts';
import { PORTRAIT, type ClipSettings } from '../contracts/settings.ts';
import { cropSubject } from '../core/flow/picture.ts';
import { validateSettings } from '../core/job/validate.ts';
import type { RemoteApi, WorkerConnection } from '../platform/thread/connect-worker.ts';
import type { FlowKnowledge } from './engine.ts';
import { createFlowFit, type FlowFitOptions } from './flow-fit.ts';
import { PACK_KEYS } from './pack-keys.ts';
import { startDownloadWorker } from './packs-bridge.ts';

/** Flow packs of a page without an interface. What is learnt of the machine ends with the page. */
export interface HeadlessPacks {
  /** @throws ERR_INPUT_PACK where it is no flow pack; as {@link PacksApi.look} */
  look(url: string): Promise<HeadlessOffer>;
  /** Installs what was looked at. @throws as {@link look} and {@link PacksApi.install}; ERR_MODEL_CHANGED */
  install(url: string, onProgress: (progress: PackProgress) => void): Promise<HeadlessOffer>;
  /** A pack that was installed here. @throws ERR_INPUT_PACK when it was not */
  find(packId: string): Promise<Pack>;
  /** Measures the machine and judges a clip. @throws ERR_INPUT_*, ERR_MODEL_DAMAGED, ERR_WORKER_* */
  judge(settings: ClipSettings, report: PictureReport): Promise<PackFit>;
  readonly knowledge: FlowKnowledge;
  /** How the last clip of a flow pack was made; null before there was one. */
  readonly made: HeadlessFlow | null;
}

/** Settings of an application that has no store. */
function settingsInMemory(): FlowFitOptions['store'] {
  const kept = new Map<string, unknown>();
  return {
    setting: (key) => Promise.resolve(kept.get(key)),
    putSetting: (key, value) => {
      kept.set(key, value);
      return Promise.resolve();
    },
  };
}

const originOf = (url: string): PackOrigin => ({ kind: 'url', url });

/** @throws ERR_INPUT_PACK */
function checkedOffer({ pack, trust, keyId, bytes }: PackOffer): HeadlessOffer {
  const { id, version, title, licence, engine } = pack;
  const why = engine !== 'flow' ? 'portrait-engine' : id === PORTRAIT ? 'reserved-id' : null;
  if (why !== null) {
    throw new AppError('ERR_INPUT_PACK', `${title} is not a flow pack of its own`, {
      details: { why, pack: id },
    });
  }
  return { id, version, title, licence: licence.spdx, trust, keyId, bytes };
}

/**
 * Starts nothing before it is asked.
 *
 * @param measure looks at the machine, as {@link FlowFitOptions.measure}.
 * @param onInstalled told of each pack before it can be used.
 */
export function createHeadlessPacks(
  measure: FlowFitOptions['measure'],
  onInstalled: (pack: KeptPack) => void = () => undefined,
): HeadlessPacks {
  const installed = new Map<string, Pack>();
  const fitter = createFlowFit({ store: settingsInMemory(), measure });
  const looked = new Map<string, HeadlessOffer>();
  let connection: WorkerConnection<PacksApi> | null = null;
  let made: HeadlessFlow | null = null;

  const api = async (): Promise<RemoteApi<PacksApi>> => {
    if (connection === null || connection.lost) {
      connection = startDownloadWorker();
      await connection.api.init(PACK_KEYS);
    }
    return connection.api;
  };
  const look = async (url: string): Promise<HeadlessOffer> => {
    const offer = checkedOffer(await (await api()).look(originOf(url)));
    looked.set(url, offer);
    return offer;
  };
  const find = async (packId: string): Promise<Pack> => {
    const pack = installed.get(packId);
    if (pack !== undefined) return pack;
    throw new AppError('ERR_INPUT_PACK', `${packId} is not installed`, { details: { pack: packId } });
  };

  return {
    look,
    async install(url, onProgress) {
      const told = looked.get(url) ?? (await look(url));
      const accept = { licence: true, untrusted: true };
      const kept = await (await api()).install(crypto.randomUUID(), originOf(url), accept, onProgress);
      const found = checkedOffer({ ...kept, freeBytes: null });
      const { id, trust, licence } = told;
      if (found.id !== id || found.trust !== trust || found.licence !== licence) {
        throw new AppError('ERR_MODEL_CHANGED', 'there is another pack than was looked at', {
          details: { file: 'pack.json', pack: found.id },
        });
      }
      installed.set(found.id, kept.pack);
      onInstalled(kept);
      return found;
    },
    find,
    async judge(settings, report) {
      const pack = await find(settings.pack);
      await fitter.measure();
      const fit = fitter.present(pack, validateSettings(settings), report, cropSubject(report));
      if (fit !== null) return fit;
      throw new AppError('ERR_WORKER_FAILED', 'the machine could not be measured');
    },
    knowledge: {
      measure: () => fitter.measure(),
      fits: (pack, settings) => fitter.fits(pack, settings),
      learn(pack, wish, result) {
        made = {
          version: pack.version,
          size: wish.size,
          frames: wish.frames,
          fps: wish.fps,
          times: result.times,
        };
        fitter.learn(pack, wish, result);
      },
      failed: (...args) => fitter.failed(...args),
    },
    get made() {
      return made;
    },
  };
}
