import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import { frameCount, type ClipSettings, type Notice } from '../../contracts/settings.ts';
import { AppError } from '../../contracts/errors.ts';
import { outputFrame } from '../frame/output.ts';
import { planSegments } from './continuation.ts';
import { presetFile } from './embedding.ts';
import { nearestSize, pictureCrop, type PictureCrop } from './picture.ts';

/** How a clip's settings are met by a flow pack. */
export interface FlowClipPlan {
  /** What the model draws. */
  readonly size: FlowSize;
  /** Part of the picture that fills it. */
  readonly crop: PictureCrop;
  /** Of the clip: the model's frames, scaled; even. */
  readonly width: number;
  readonly height: number;
  /** Frames of the clip. */
  readonly frames: number;
  /** Frames that the model draws for it, and how many of them pass in a second. */
  readonly modelFrames: number;
  readonly modelFps: number;
  /** What the pack can't do as asked (P7). */
  readonly notices: readonly Notice[];
}

/** Rates this near to the one that a model was made for are asked of the model itself, where its positions know seconds. */
const NEAR_RATE = { least: 0.75, most: 1.34 };
/** Shapes that differ by less look the same. */
const SAME_SHAPE = 0.06;

/** Frames a second that the model is asked for. */
function modelRate({ positions, fps }: FlowConstants, wanted: number): number {
  const off = wanted / fps;
  return positions.kind === 'ltx' && off >= NEAR_RATE.least && off <= NEAR_RATE.most ? wanted : fps;
}

/** Frames that the model draws for a clip, and how many of them pass in a second. */
export function modelTime(
  constants: FlowConstants,
  { fps, seconds }: Pick<ClipSettings, 'fps' | 'seconds'>,
): Pick<FlowClipPlan, 'frames' | 'modelFrames' | 'modelFps'> {
  const frames = frameCount(seconds, fps);
  const modelFps = modelRate(constants, fps);
  const modelFrames = modelFps === fps ? frames : Math.ceil(((frames - 1) * modelFps) / fps - 1e-6) + 1;
  return { frames, modelFrames, modelFps };
}

/** Words that a flow pack works well with. @source requirements, P2 */
const GOOD_WORDS = { least: 50, most: 200 };
/** English words that a token of a subword tokenizer stands for, on average. */
const WORDS_PER_TOKEN = 0.75;
/** A pack that reads fewer words than this was made for short sentences. */
const SHORT_WORDS = 80;

/** Words of a prompt that a pack works well with: no more than it reads. */
export function promptWords({ text }: FlowConstants): { readonly least: number; readonly most: number } {
  const most = Math.min(GOOD_WORDS.most, Math.floor(WORDS_PER_TOKEN * text.maxTokens));
  return { least: most < SHORT_WORDS ? Math.ceil(most / 8) : GOOD_WORDS.least, most };
}

/** Whether a pack can read prompts. */
export function readsPrompts(pack: Pack, constants: FlowConstants): boolean {
  return constants.text.tokenizer !== null && pack.graphs.some(({ id }) => id === FLOW_GRAPHS.textEncoder);
}

/**
 * Sizes, frames and crop of a clip by a flow pack, and what has to be said of them.
 *
 * @param source oriented picture size in pixels.
 * @param subject subject box in fractions `[x, y, width, height]`; null means the middle.
 * @param fits sizes that this machine can make; where it can make none, all count.
 * @throws ERR_INPUT_PROMPT_NOT_UNDERSTOOD with `details.why` `no-text-encoder` when the motion has to be read and the pack
 * reads nothing; ERR_INPUT_SECONDS when its parts can't be continued and one is too short.
 */
export function planFlowClip(
  pack: Pack,
  constants: FlowConstants,
  settings: ClipSettings,
  source: { readonly width: number; readonly height: number },
  subject: PictureCrop | null,
  fits: (size: FlowSize) => boolean = () => true,
): FlowClipPlan {
  const { motion } = settings;
  const ready = motion.kind === 'preset' && presetFile(pack, constants, motion.preset) !== null;
  if (!ready && !readsPrompts(pack, constants)) {
    throw new AppError('ERR_INPUT_PROMPT_NOT_UNDERSTOOD', `${pack.id} reads no prompts`, {
      details: { why: 'no-text-encoder', pack: pack.id },
    });
  }
  const { frames, modelFrames, modelFps } = modelTime(constants, settings);
  const wanted = outputFrame(source, settings.resolution, settings.aspect, subject);
  const ratio = wanted.width / wanted.height;
  const possible = constants.sizes.filter(fits);
  const size = nearestSize(possible.length > 0 ? possible : constants.sizes, ratio, modelFrames);
  // The clip has the model's shape exactly: nothing is stretched.
  const clip = outputFrame(size, settings.resolution, 'source', null);
  const parts = partsOf(modelFrames, size, constants, pack);
  const notices: Notice[] = [];
  if (clip.width > size.width) {
    notices.push({
      code: 'NOTICE_FLOW_ENLARGED',
      message: `This model draws ${size.width}×${size.height}; the clip is enlarged to ${clip.width}×${clip.height}.`,
    });
  }
  if (Math.abs(Math.log(size.width / size.height / ratio)) > SAME_SHAPE) {
    notices.push({
      code: 'NOTICE_FLOW_SHAPE',
      message: `This model draws ${size.width}×${size.height}, so the picture is cropped to that shape.`,
    });
  }
  if (parts > 1) {
    notices.push({
      code: 'NOTICE_FLOW_PARTS',
      message: `The clip is made in ${parts} parts, each going on from the one before.`,
    });
  }
  const crop = pictureCrop(source, size, subject);
  const { width, height } = clip;
  return { size, crop, width, height, frames, modelFrames, modelFps, notices };
}

function partsOf(modelFrames: number, size: FlowSize, { fps }: FlowConstants, pack: Pack): number {
  try {
    return planSegments(modelFrames, size.frames).length;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new AppError('ERR_INPUT_SECONDS', `${pack.id} makes at most ${size.frames} frames`, {
      details: { given: modelFrames / fps, least: 0, most: size.frames / fps },
      cause,
    });
  }
}
