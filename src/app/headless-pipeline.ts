import { AppError } from '../contracts/errors.ts';
import type {
  HeadlessAnswer,
  HeadlessApi,
  HeadlessRequest,
  HeadlessVerdict,
} from '../contracts/headless.api.ts';
import { PORTRAIT } from '../contracts/settings.ts';
import { progressMeter } from '../core/job/progress.ts';
import { validateSettings } from '../core/job/validate.ts';
import { removeCheckpoints } from '../platform/store/checkpoints.ts';
import { toErrorRecord } from '../platform/thread/error-record.ts';
import type { Engine, PictureLease } from './engine.ts';
import type { HeadlessPacks } from './headless-packs.ts';
import type { Till } from './licence/till.ts';
import { makeClip, type ClipMaker, type MakeClipRequest } from './pipeline.ts';
import { toAppError } from './shown-error.ts';

/** Colour under transparent pixels. */
const MATTE = '#ffffff';

/** Fetches the picture. @throws ERR_INPUT_NOT_FOUND */
async function fetchPicture(url: string): Promise<Blob> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new AppError('ERR_INPUT_NOT_FOUND', `the picture answers ${response.status}`);
    return await response.blob();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('ERR_INPUT_NOT_FOUND', 'the picture could not be fetched', { cause });
  }
}

/** Hands the file over. @throws ERR_INPUT_OUTPUT */
async function upload(url: string, file: Blob): Promise<void> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      body: file,
      headers: { 'content-type': 'video/mp4' },
    });
    if (!response.ok) throw new AppError('ERR_INPUT_OUTPUT', `the clip was not taken: ${response.status}`);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('ERR_INPUT_OUTPUT', 'the clip could not be handed over', { cause });
  }
}

export interface HeadlessOptions {
  /** Charges for each clip; left out: nothing is metered. */
  readonly till?: Promise<Till>;
  /** Makes a clip instead of the engine. */
  readonly make?: ClipMaker;
  /** Flow packs; left out: there are none. Not loaded before one is asked for. */
  readonly packs?: () => Promise<HeadlessPacks>;
}

/** A call's answer as a value. */
async function answered<T>(work: () => Promise<T>): Promise<HeadlessAnswer<T>> {
  try {
    return { ok: true, result: await work() };
  } catch (cause) {
    return { ok: false, error: toErrorRecord(toAppError(cause)) };
  }
}

/** @throws ERR_INPUT_PACK */
const noPacks = (): Promise<HeadlessPacks> =>
  Promise.reject(new AppError('ERR_INPUT_PACK', 'there are no flow packs here'));

/** Says whether a clip fits before any of it is made. @throws ERR_MODEL_FAILED with `details.sentence` when it does not */
async function tellFit(
  packs: HeadlessPacks,
  settings: HeadlessRequest['settings'],
  { report }: PictureLease,
  onVerdict: HeadlessVerdict | undefined,
): Promise<void> {
  const { fits, sentence, seconds } = await packs.judge(settings, report);
  if (!fits) {
    throw new AppError('ERR_MODEL_FAILED', sentence, {
      details: { why: 'does-not-fit', pack: settings.pack, sentence },
    });
  }
  onVerdict?.({ fits, sentence, seconds });
}

/**
 * The pipeline without an interface, on an engine of its own that lives as long as the page. Where there is a licence a
 * clip is charged once it was handed over.
 */
export function createHeadless(engine: Engine, options: HeadlessOptions = {}): HeadlessApi {
  const make: ClipMaker = options.make ?? ((request) => makeClip(engine, request));
  const charged: Till['charged'] = async (settings, work) => {
    if (options.till === undefined) return work(crypto.randomUUID());
    return (await options.till).charged(settings, work);
  };
  const packs = options.packs ?? noPacks;
  let serial = 0;

  /** A clip by a flow pack: the picture stays open from the verdict on. */
  const makeFlow = async (
    request: MakeClipRequest,
    onVerdict: HeadlessVerdict | undefined,
  ): ReturnType<ClipMaker> => {
    const { id, blob, matte } = request.picture;
    const lease = await engine.openPicture({ pictureId: id, blob, matte });
    try {
      await tellFit(await packs(), request.settings, lease, onVerdict);
      return await make(request);
    } finally {
      lease.release();
    }
  };

  return {
    lookPack: (url) => answered(async () => (await packs()).look(url)),
    installPack: (url, onProgress) => answered(async () => (await packs()).install(url, onProgress)),
    makeClip: (request, onProgress, onVerdict) =>
      answered(async () => {
        const startedMs = performance.now();
        const settings = validateSettings(request.settings);
        const meter = progressMeter();
        const number = (serial += 1);
        const isFlow = settings.pack !== PORTRAIT;
        const made = await charged(settings, async (jobId) => {
          const blob = await fetchPicture(request.pictureUrl);
          const order: MakeClipRequest = {
            jobId,
            picture: { id: `picture-${number}`, blob, matte: MATTE },
            settings,
            title: '',
            onProgress: (event) => onProgress(meter.update(event, performance.now())),
          };
          const making = isFlow ? makeFlow(order, onVerdict) : make(order);
          const clip = await making.finally(() => removeCheckpoints(jobId));
          onProgress(meter.update({ stage: 'save' }, performance.now()));
          await upload(request.uploadUrl, clip.file);
          return clip;
        });
        const flow = isFlow ? (await packs()).made : null;
        return {
          width: made.width,
          height: made.height,
          fps: settings.fps,
          frames: made.frames,
          seconds: made.durationS,
          sizeBytes: made.file.size,
          pack: settings.pack,
          provider: made.capabilities.provider,
          renderer: made.capabilities.renderer,
          notices: made.notices,
          stagesMs: { ...made.stagesMs, total: performance.now() - startedMs },
          verify: made.verify,
          ...(flow === null ? {} : { flow }),
        };
      }),
  };
}
