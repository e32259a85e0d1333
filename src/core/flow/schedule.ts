import type { FlowConstants } from '../../contracts/flow.ts';

/** One step of the sampler, from noise level `sigma` to `next`. */
export interface FlowStep {
  readonly index: number;
  readonly sigma: number;
  readonly next: number;
  /** What the denoiser is told for tokens that are not the picture's; the picture's have 0. */
  readonly timestep: number;
}

/**
 * The steps of a sampler, levels and timesteps rounded to the 32-bit floats that a denoiser was trained to see.
 * @source diffusers `FlowMatchEulerDiscreteScheduler.set_timesteps` with given sigmas and no shift
 */
export function flowSteps({ sigmas, timestepScale }: FlowConstants['sampler']): readonly FlowStep[] {
  return sigmas.slice(0, -1).map((value, index) => {
    const sigma = Math.fround(value);
    return {
      index,
      sigma,
      next: Math.fround(sigmas[index + 1] ?? 0),
      timestep: Math.fround(sigma * timestepScale),
    };
  });
}

/**
 * x ← x − (σ − σ′)·v, in place, each number computed in 64 bits and rounded once.
 * @param from first number that moves; those before it are the picture's.
 */
export function eulerUpdate(x: Float32Array, velocity: Float32Array, step: FlowStep, from = 0): void {
  const dt = step.next - step.sigma;
  for (let i = from; i < x.length; i++) x[i] = (x[i] ?? 0) + dt * (velocity[i] ?? 0);
}

/**
 * x₀ = x − σ·v; x ← (1 − σ′)·x₀ + σ′·ε, in place; the last step (σ′ = 0) leaves x₀ and needs no noise.
 * @param noise ε, as long as `x`; null where σ′ is 0.
 * @param from first number that moves.
 * @throws RangeError without noise where it is needed.
 */
export function stochasticUpdate(
  x: Float32Array,
  velocity: Float32Array,
  step: FlowStep,
  noise: Float32Array | null,
  from = 0,
): void {
  const { sigma, next } = step;
  if (next > 0 && noise?.length !== x.length) throw new RangeError('a stochastic step wants noise');
  const keep = 1 - next;
  for (let i = from; i < x.length; i++) {
    const clean = (x[i] ?? 0) - sigma * (velocity[i] ?? 0);
    x[i] = keep * clean + next * (noise?.[i] ?? 0);
  }
}

/** What the step takes the finished clip to be: x₀ = x − σ·v; a new array. For previews. */
export function cleanEstimate(x: Float32Array, velocity: Float32Array, step: FlowStep): Float32Array {
  const clean = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) clean[i] = (x[i] ?? 0) - step.sigma * (velocity[i] ?? 0);
  return clean;
}
