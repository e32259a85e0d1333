import { AppError } from '../../src/contracts/errors.ts';
import type { FlowConstants, FlowSize } from '../../src/contracts/flow.ts';
import type { FlowJobRequest, Provider } from '../../src/contracts/render.api.ts';
import type { Motion, Notice } from '../../src/contracts/settings.ts';
import { readsPrompts } from '../../src/core/flow/clip-plan.ts';
import { presetFile, readEmbedding } from '../../src/core/flow/embedding.ts';
import type { FlowJob } from '../../src/core/flow/engine.ts';
import { planesFromRgba } from '../../src/core/flow/picture.ts';
import { PRESET_PROMPTS } from '../../src/core/flow/preset-prompts.ts';
import { decodePicture } from '../../src/platform/media/picture.ts';
import type { OpenGpu } from '../../src/platform/ort/gpu-device.ts';
import { openGpu } from '../../src/platform/ort/gpu-device.ts';
import type { MachineFacts } from '../../src/platform/ort/machine.ts';
import { lookAtMachine } from '../../src/platform/ort/machine.ts';
import type { InstalledPack } from '../../src/platform/packs/opfs-source.ts';

/** Where a job runs, and what that place gives. */
export interface FlowPlace {
  readonly machine: MachineFacts;
  readonly gpu: OpenGpu | undefined;
}

/** This thread's device, for all its jobs; opened anew by the first job after it was lost. */
let shared: Promise<OpenGpu | null> | null = null;

function sharedGpu(): Promise<OpenGpu | null> {
  const opening = (shared ??= openGpu());
  const forget = (): void => {
    if (shared === opening) shared = null;
  };
  void opening.then((gpu) => gpu?.lost.then(forget)).catch(forget);
  return opening;
}

/**
 * Where this machine runs a flow pack.
 * @param forced where it has to, if it can.
 * @throws ERR_GPU_FAILED when the adapter gives no device.
 */
export async function flowPlace(forced?: Provider): Promise<FlowPlace> {
  const machine = await lookAtMachine(forced);
  const gpu = machine.provider === 'webgpu' ? await sharedGpu() : null;
  return { machine, gpu: gpu ?? undefined };
}

/** The picture as the model sees it: the crop at the model's size, planes [3, H, W] of 0…1. @throws ERR_INPUT_* */
export async function picturePlanes(
  { blob, matte }: FlowJobRequest['picture'],
  [x, y, w, h]: FlowJobRequest['crop'],
  { width, height }: FlowSize,
): Promise<Float32Array> {
  const { bitmap } = await decodePicture(blob, { matte });
  let small: ImageBitmap;
  try {
    const left = Math.min(bitmap.width - 1, Math.round(x * bitmap.width));
    const top = Math.min(bitmap.height - 1, Math.round(y * bitmap.height));
    small = await createImageBitmap(
      bitmap,
      left,
      top,
      Math.max(1, Math.min(bitmap.width - left, Math.round(w * bitmap.width))),
      Math.max(1, Math.min(bitmap.height - top, Math.round(h * bitmap.height))),
      { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' },
    );
  } finally {
    bitmap.close();
  }
  try {
    const canvas = new OffscreenCanvas(width, height);
    // Kept in memory, so that the same picture gives the same numbers whatever the graphics card does.
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new AppError('ERR_ENV_UNSUPPORTED', 'there is no 2D canvas');
    context.drawImage(small, 0, 0);
    return planesFromRgba(context.getImageData(0, 0, width, height).data);
  } finally {
    small.close();
  }
}

/** What the model is asked for, and what has to be said of it. */
export interface MotionPrompt {
  readonly prompt: FlowJob['prompt'];
  readonly notices: readonly Notice[];
}

const PROMPT_CUT: Notice = {
  code: 'NOTICE_FLOW_PROMPT_CUT',
  message: 'This model reads no more of the prompt than its beginning.',
};

/**
 * The motion as the model takes it: a ready embedding, or the tokens of a prompt.
 * @throws ERR_MODEL_MISSING, ERR_MODEL_DAMAGED; ERR_INPUT_PROMPT_NOT_UNDERSTOOD when the pack reads no prompts
 */
export async function motionPrompt(
  source: InstalledPack,
  constants: FlowConstants,
  motion: Motion,
): Promise<MotionPrompt> {
  const { pack } = source;
  const ready = motion.kind === 'preset' ? presetFile(pack, constants, motion.preset) : null;
  if (ready) return { prompt: readEmbedding(ready, await source.read(ready.file, ready)), notices: [] };
  const { tokenizer, maxTokens } = constants.text;
  if (tokenizer === null || !readsPrompts(pack, constants)) {
    throw new AppError('ERR_INPUT_PROMPT_NOT_UNDERSTOOD', `${pack.id} reads no prompts`, {
      details: { why: 'no-text-encoder', pack: pack.id },
    });
  }
  const text = async (id: string): Promise<string> => {
    const file = pack.files.find((candidate) => candidate.id === id);
    if (file) return new TextDecoder().decode(await source.read(file.file, file));
    throw new AppError('ERR_MODEL_MISSING', `${pack.id} has no file ${id}`, { details: { file: id } });
  };
  const [{ promptReader }, json, config] = await Promise.all([
    import('../../src/platform/ort/prompt.ts'),
    text(tokenizer.json),
    text(tokenizer.config),
  ]);
  const words = motion.kind === 'prompt' ? motion.prompt : PRESET_PROMPTS[motion.preset];
  const { ids, cut } = promptReader({ json, config }, maxTokens)(words);
  return { prompt: { ids }, notices: cut ? [PROMPT_CUT] : [] };
}
