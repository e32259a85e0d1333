import type { FlowConstants } from '../../contracts/flow.ts';
import type { FlowShape } from './layout.ts';
import { toTokens } from './layout.ts';
import type { FlowNoise } from './noise.ts';
import { cleanEstimate, eulerUpdate, flowSteps, stochasticUpdate } from './schedule.ts';
import type { FlowStep } from './schedule.ts';

/** Clip in the making: tokens [N, P] whose first rows are the picture's and never change. */
export interface FlowState {
  /** Owned by the sampler; changes with every step. */
  readonly tokens: Float32Array;
  /** Steps done. */
  readonly done: number;
}

/** Moves tokens from noise to a clip; the denoiser itself runs elsewhere. */
export interface FlowSampler {
  readonly steps: readonly FlowStep[];
  readonly state: FlowState;
  /** The step to do next; null when the clip is finished. */
  next(): FlowStep | null;
  /** The two timesteps of the step: the picture's tokens, the others. A new array. */
  timesteps(step: FlowStep): Float32Array;
  /** What the clip will be as far as `velocity` can tell, with the picture in place. A new array. */
  preview(velocity: Float32Array): Float32Array;
  /** Does the next step. @param velocity [N, P]; its picture rows are ignored. @throws RangeError after the last step. */
  advance(velocity: Float32Array): void;
}

/**
 * The sampler with the clamped first frame.
 *
 * @param picture normalised latent of the picture, [C, 1, h, w]; copied.
 * @param noise where starting and later noise comes from.
 * @param resume a state to go on from, copied; its picture rows are replaced by `picture`.
 * @throws RangeError when lengths disagree.
 */
export function flowSampler(
  constants: Pick<FlowConstants, 'sampler'>,
  shape: FlowShape,
  picture: Float32Array,
  noise: FlowNoise,
  resume?: FlowState,
): FlowSampler {
  const steps = flowSteps(constants.sampler);
  const length = shape.tokens * shape.tokenWidth;
  const from = shape.pictureTokens * shape.tokenWidth;
  if (picture.length !== from) throw new RangeError('the picture’s latent does not have the clip’s size');
  if (resume && (resume.tokens.length !== length || resume.done > steps.length)) {
    throw new RangeError('the state to go on from is another clip’s');
  }
  // Drawn in the order of latents, so that a pack's patches don't change what a seed looks like.
  const tokens = resume ? resume.tokens.slice() : toTokens(noise.start(length), shape);
  tokens.set(toTokens(picture, shape));
  let done = resume?.done ?? 0;

  const current = (): FlowStep => {
    const step = steps[done];
    if (!step) throw new RangeError('the last step is done');
    return step;
  };

  return {
    steps,
    get state() {
      return { tokens, done };
    },
    next: () => steps[done] ?? null,
    timesteps: (step) => Float32Array.of(0, step.timestep),
    preview(velocity) {
      const clean = cleanEstimate(tokens, velocity, current());
      clean.set(tokens.subarray(0, from));
      return clean;
    },
    advance(velocity) {
      const step = current();
      if (velocity.length !== length) throw new RangeError('the velocity does not have the clip’s size');
      if (constants.sampler.kind === 'euler') eulerUpdate(tokens, velocity, step, from);
      else {
        const fresh = step.next > 0 ? toTokens(noise.step(step.index, length), shape) : null;
        stochasticUpdate(tokens, velocity, step, fresh, from);
      }
      done += 1;
    },
  };
}
