import { AppError } from '../src/contracts/errors.ts';
import { packGraph } from '../src/contracts/pack.ts';
import type { RenderApi } from '../src/contracts/render.api.ts';
import { outputFrame } from '../src/core/frame/output.ts';
import { neutralPose } from '../src/contracts/pose.ts';
import { PERCEIVE_GRAPHS } from '../src/core/perceive/graphs.ts';
import { tellingTime } from '../src/core/motion/telling.ts';
import { readMotion } from '../src/core/score/read-motion.ts';
import type { Renderer } from '../src/platform/gpu/renderer.ts';
import { selectRenderer } from '../src/platform/gpu/select.ts';
import { openPack } from '../src/platform/ort/pack-runner.ts';
import type { PackRunner } from '../src/platform/ort/pack-runner.ts';
import { exposeWorker, transfer } from '../src/platform/thread/expose-worker.ts';
import { startJob } from './render/job.ts';
import type { RunningJob } from './render/job.ts';
import { plannedMotion } from './render/motion.ts';
import { openPicture } from './render/pictures.ts';
import type { OpenPicture } from './render/pictures.ts';
import { Previews } from './render/previews.ts';

/** Length and seed of the motions whose stills the preset strip shows. */
const STILL = { seconds: 4, seed: 1 };

let engine: { readonly renderer: Renderer; readonly networks: PackRunner } | null = null;
const pictures = new Map<string, Promise<OpenPicture>>();
/** Running jobs; a flow job from its first moment, while its engine is still loaded. */
const jobs = new Map<string, Pick<RunningJob, 'cancel'>>();
const previews = new Previews();

function ready(): { readonly renderer: Renderer; readonly networks: PackRunner } {
  if (!engine) throw new AppError('ERR_WORKER_FAILED', 'the render worker was used before init');
  return engine;
}

function opened(pictureId: string): Promise<OpenPicture> {
  const picture = pictures.get(pictureId);
  if (!picture)
    throw new AppError('ERR_INPUT_NOT_FOUND', 'that picture is not open', { details: { pictureId } });
  return picture;
}

const api = {
  async init(options, onLoad) {
    const [renderer, networks] = await Promise.all([
      selectRenderer(options.renderer),
      openPack({ pack: options.packUrl, wasmUrl: options.wasmUrl, provider: options.provider }),
    ]);
    const sizes = PERCEIVE_GRAPHS.map((id) => packGraph(networks.pack, id).bytes);
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    await networks.load(PERCEIVE_GRAPHS, (done) =>
      onLoad?.(
        sizes.slice(0, done).reduce((sum, bytes) => sum + bytes, 0),
        total,
      ),
    );
    engine = { renderer, networks };
    return {
      provider: networks.provider,
      renderer: renderer.kind,
      adapter: renderer.adapter,
      threads: networks.threads,
    };
  },

  deviceLost() {
    return ready().renderer.lost;
  },

  async openPicture(request) {
    const { networks } = ready();
    // In its place at once: of two that are opened by one name, the later closes the earlier.
    const opening: Promise<OpenPicture> = api
      .closePicture(request.pictureId)
      .then(() => openPicture(request, networks));
    pictures.set(request.pictureId, opening);
    try {
      return (await opening).report;
    } catch (error) {
      if (pictures.get(request.pictureId) === opening) pictures.delete(request.pictureId);
      throw error;
    }
  },

  async closePicture(pictureId) {
    const picture = pictures.get(pictureId);
    if (!picture) return;
    pictures.delete(pictureId);
    const value = await picture.catch(() => null);
    if (!value) return;
    previews.forget(value);
    value.close();
  },

  async readMotion(pictureId, motion, seconds) {
    const picture = await opened(pictureId);
    const score = readMotion(motion, picture.report.traits, seconds);
    return { score, notices: score.notices };
  },

  attachPreview(previewId, canvas) {
    previews.attach(previewId, canvas, ready().renderer);
    return Promise.resolve();
  },

  async setPreview(request) {
    const picture = await opened(request.pictureId);
    try {
      return await previews.set(request, picture);
    } finally {
      // Closed while its scene was made: nothing may play of it any more.
      if (!pictures.has(request.pictureId)) previews.forget(picture);
    }
  },

  pausePreview(previewId, paused) {
    previews.pause(previewId, paused);
    return Promise.resolve();
  },

  detachPreview(previewId) {
    previews.detach(previewId);
    return Promise.resolve();
  },

  async presetStill(pictureId, motion, maxSidePx) {
    const { renderer } = ready();
    const picture = await opened(pictureId);
    const { plan } = plannedMotion(motion, picture.report.traits, STILL.seconds, STILL.seed);
    const shape = outputFrame(picture.size, '480p', '1:1', picture.report.subjectBox);
    const frame = { width: maxSidePx, height: maxSidePx, crop: shape.crop };
    const scene = await picture.scene(renderer, maxSidePx / shape.crop[2]);
    try {
      const pose = plan.poseAt(tellingTime(plan), neutralPose());
      const bitmap = await scene.bitmap(picture.rig.deform(pose), frame);
      return transfer(bitmap, [bitmap]);
    } finally {
      scene.close();
    }
  },

  async render(request, port, onProgress) {
    const { renderer } = ready();
    const picture = await opened(request.pictureId);
    const job = startJob(renderer, picture, request, port, onProgress);
    jobs.set(request.jobId, job);
    try {
      return await job.result;
    } finally {
      jobs.delete(request.jobId);
    }
  },

  async renderFlow(request, port, onProgress) {
    let wanted = true;
    jobs.set(request.jobId, { cancel: () => (wanted = false) });
    try {
      // Only who has a flow pack loads what it needs.
      const { startFlowJob } = await import('./render/flow-job.ts');
      const job = startFlowJob(request, port, onProgress);
      jobs.set(request.jobId, job);
      if (!wanted) job.cancel();
      return await job.result;
    } finally {
      jobs.delete(request.jobId);
    }
  },

  async measureFlow(options) {
    const { measureMachine } = await import('./render/measure.ts');
    return measureMachine(options);
  },

  cancel(jobId) {
    jobs.get(jobId)?.cancel();
    return Promise.resolve();
  },
} satisfies RenderApi;

exposeWorker(api);
