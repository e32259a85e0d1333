import { AppError } from '../../src/contracts/errors.ts';
import { flowConstants } from '../../src/contracts/flow.ts';
import type {
  FlowJobProgress,
  FlowJobRequest,
  FlowJobResult,
  FlowJobStep,
} from '../../src/contracts/render.api.ts';
import { modelTime } from '../../src/core/flow/clip-plan.ts';
import type { FlowProgress, FlowResult } from '../../src/core/flow/engine.ts';
import { runFlow } from '../../src/core/flow/engine.ts';
import { flowFit } from '../../src/core/flow/fit.ts';
import { WorkMeter } from '../../src/core/flow/progress.ts';
import { RateChanger } from '../../src/core/flow/resample.ts';
import type { FlowCheckpoints, FlowFrame } from '../../src/core/flow/runtime.ts';
import { workList } from '../../src/core/flow/speed.ts';
import { VideoPlanes } from '../../src/core/frame/video-planes.ts';
import { openFlowRuntime } from '../../src/platform/ort/flow-runtime.ts';
import { whileHeld } from '../../src/platform/packs/hold.ts';
import { openInstalledPack } from '../../src/platform/packs/opfs-source.ts';
import { withCheckpoints } from '../../src/platform/store/checkpoints.ts';
import { flowPlace, motionPrompt, picturePlanes } from './flow-inputs.ts';
import { frameJpeg, previewJpeg } from './flow-live.ts';
import { aborted, FrameCredits } from './frame-credits.ts';
import type { RunningJob } from './job.ts';

const LIVE_INTERVAL_MS = 500;

/** Tells progress in order, though some of it has to wait for its picture. */
class Teller {
  readonly #tell: FlowJobProgress;
  #tail: Promise<void> = Promise.resolve();

  constructor(tell: FlowJobProgress) {
    this.#tell = tell;
  }

  say(step: FlowJobStep, picture?: Promise<Blob | undefined>): void {
    // A live picture that can't be drawn is left out.
    const drawn = picture?.catch(() => undefined);
    this.#tail = this.#tail.then(async () => this.#tell(step, await drawn));
  }

  /** Resolves when all was told. */
  done(): Promise<void> {
    return this.#tail;
  }
}

/** Frames of the model on their way to the encoder: at the clip's rate and size. */
class FrameWay {
  readonly #credits: FrameCredits;
  readonly #rate: RateChanger;
  readonly #video: VideoPlanes;
  sent = 0;
  firstAtMs: number | null = null;

  constructor(credits: FrameCredits, rate: RateChanger, video: VideoPlanes) {
    this.#credits = credits;
    this.#rate = rate;
    this.#video = video;
  }

  async take({ planes }: FlowFrame): Promise<void> {
    for (const frame of this.#rate.push(planes)) {
      await this.#credits.take();
      this.#credits.send(this.sent++, this.#video.draw(frame));
      this.firstAtMs ??= performance.now();
    }
  }
}

/** Counts on from part to part. */
function stepOf(at: FlowProgress, progress: number): FlowJobStep {
  const { stage, segment, segments, done, total } = at;
  if (stage === 'context') return { stage, done, total, progress };
  return { stage, done: segment * total + done, total: segments * total, progress };
}

async function run(
  request: FlowJobRequest,
  credits: FrameCredits,
  checkpoints: FlowCheckpoints,
  teller: Teller,
): Promise<FlowJobResult> {
  const started = performance.now();
  const { settings, size, width, height } = request;
  const { signal } = credits;
  teller.say({ stage: 'load', done: 0, total: 1, progress: 0 });
  const source = await openInstalledPack(settings.pack, request.version);
  const { pack } = source;
  const constants = flowConstants(pack);
  const { machine, gpu } = await flowPlace(request.provider);
  const { provider } = machine;
  const { frames, modelFrames, modelFps } = modelTime(constants, settings);
  const { prompt, notices } = await motionPrompt(source, constants, settings.motion);
  const words = 'ids' in prompt ? prompt.ids.length : 0;
  const wish = { size, frames: modelFrames, fps: modelFps, words };
  const fit = flowFit(pack, constants, wish, machine, null, machine);
  if (!fit.fits) {
    throw new AppError('ERR_MODEL_FAILED', fit.sentence, {
      details: { why: 'does-not-fit', pack: pack.id, sentence: fit.sentence },
    });
  }
  const picture = await picturePlanes(request.picture, request.crop, size);
  signal.throwIfAborted();
  const runtime = await openFlowRuntime({ source, provider, gpu, wasmUrl: request.wasmUrl });
  teller.say({ stage: 'load', done: 1, total: 1, progress: 0 });

  const meter = new WorkMeter(workList(pack, constants, wish, fit.plan));
  const way = new FrameWay(
    credits,
    new RateChanger(modelFps, settings.fps, frames),
    new VideoPlanes(size, { width, height }),
  );
  let last: FlowJobStep = { stage: 'decode', done: 0, total: 1, progress: 0 };
  let liveAtMs = 0;
  const made: FlowResult = await runFlow(
    pack,
    { size, frames: modelFrames, picture, prompt, seed: settings.seed, fps: modelFps },
    {
      runtime,
      checkpoints,
      signal,
      oneSession: fit.plan.oneSession,
      decodeTile: fit.plan.decodeTile,
      now: () => performance.now(),
      onProgress: (at) => {
        last = stepOf(at, meter.at(at));
        teller.say(last, at.preview && previewJpeg(at.preview));
      },
      sink: async (frame) => {
        if (performance.now() - liveAtMs > LIVE_INTERVAL_MS) {
          teller.say(last, frameJpeg(frame.planes, size));
          liveAtMs = performance.now();
        }
        await way.take(frame);
      },
    },
  );
  credits.end(way.sent);
  // A longer clip's last part may have more frames than are wanted of it.
  teller.say({ ...last, done: last.total, progress: 1 });
  await teller.done();
  const { times, totalMs, sinkMs, resumedSteps } = made;
  return {
    frames: way.sent,
    width,
    height,
    notices,
    firstFrameMs: (way.firstAtMs ?? started) - started,
    renderMs: performance.now() - started,
    provider,
    times: { ...times, sinkMs, totalMs, resumedSteps },
  };
}

/** Makes a clip with an installed flow pack, frame by frame, into a port; see frame-port.ts. */
export function startFlowJob(
  request: FlowJobRequest,
  port: MessagePort,
  onProgress: FlowJobProgress,
): RunningJob<FlowJobResult> {
  const credits = new FrameCredits(port, request.settings.fps);
  const teller = new Teller(onProgress);
  const result = whileHeld(request.settings.pack, () =>
    withCheckpoints(request.jobId, (checkpoints) => run(request, credits, checkpoints, teller)),
  ).catch((error: unknown) => {
    credits.abort(error);
    throw error;
  });
  return { result, cancel: () => credits.stop(aborted()) };
}
