import { describe, expect, test } from 'vitest';
import { flowShape, toTokens } from '../../../src/core/flow/layout.ts';
import type { FlowNoise } from '../../../src/core/flow/noise.ts';
import { seededNoise } from '../../../src/core/flow/noise.ts';
import { flowSampler } from '../../../src/core/flow/sampler.ts';
import { cleanEstimate, eulerUpdate, flowSteps, stochasticUpdate } from '../../../src/core/flow/schedule.ts';
import { LTX, WAN } from './constants.ts';

describe('steps', () => {
  // Numbers: diffusers 0.42.1, FlowMatchEulerDiscreteScheduler().set_timesteps(sigmas=LTX.sampler.sigmas[:-1]).
  test('have the levels and timesteps of diffusers, to the bit', () => {
    const steps = flowSteps(LTX.sampler);
    expect(steps.map(({ timestep }) => timestep)).toEqual([
      1000, 993.7000122070312, 987.5, 981.199951171875, 975, 909.3999633789062, 725,
    ]);
    expect(steps.map(({ sigma }) => sigma)).toEqual([
      1, 0.9937000274658203, 0.987500011920929, 0.9811999797821045, 0.9750000238418579, 0.9093999862670898,
      0.7250000238418579,
    ]);
    expect(steps.map(({ next }) => next)).toEqual([...steps.slice(1).map(({ sigma }) => sigma), 0]);
  });

  test('of Wan', () => {
    expect(flowSteps(WAN.sampler).map(({ timestep }) => timestep)).toEqual([1000, 750, 500, 250]);
  });
});

describe('updates', () => {
  const step = { index: 0, sigma: 0.75, next: 0.25, timestep: 750 };

  test('Euler moves along the velocity and leaves what comes before', () => {
    const x = Float32Array.of(9, 1, 2);
    eulerUpdate(x, Float32Array.of(5, 4, -2), step, 1);
    expect([...x]).toEqual([9, -1, 3]);
  });

  test('a stochastic step mixes the clean estimate with fresh noise', () => {
    const x = Float32Array.of(9, 1, 2);
    stochasticUpdate(x, Float32Array.of(5, 4, -2), step, Float32Array.of(7, 8, -4), 1);
    expect([...x]).toEqual([9, 0.75 * (1 - 3) + 2, 0.75 * (2 + 1.5) - 1]);
  });

  test('the last stochastic step is the clean estimate', () => {
    const last = { ...step, next: 0 };
    const x = Float32Array.of(1, 2);
    const velocity = Float32Array.of(4, -2);
    const clean = cleanEstimate(x, velocity, last);
    stochasticUpdate(x, velocity, last, null);
    expect(x).toEqual(clean);
    expect(() => stochasticUpdate(x, velocity, step, null)).toThrow(RangeError);
  });

  test.each([LTX, WAN])(
    'with the true velocity of a straight path every sampler ends at the clip',
    (constants) => {
      // x = (1 − σ)·clip + σ·ε has the velocity ε − clip = (x − clip)/σ.
      const shape = flowShape(constants, constants.sizes[0] ?? { width: 0, height: 0, frames: 0 });
      const noise = seededNoise(3);
      const picture = noise.decode(shape.pictureTokens * shape.tokenWidth);
      const clip = toTokens(noise.step(9, shape.tokens * shape.tokenWidth), shape);
      const sampler = flowSampler(constants, shape, picture, noise);
      for (let step = sampler.next(); step; step = sampler.next()) {
        const { sigma } = step;
        const { tokens } = sampler.state;
        const velocity = tokens.map((x, i) => (x - (clip[i] ?? 0)) / sigma);
        const { timestep } = step;
        expect([...sampler.timesteps(step)]).toEqual([0, timestep]);
        sampler.advance(velocity);
      }
      const { tokens } = sampler.state;
      const still = shape.pictureTokens * shape.tokenWidth;
      expect(tokens.slice(0, still)).toEqual(toTokens(picture, shape));
      let worst = 0;
      for (let i = still; i < tokens.length; i++) {
        worst = Math.max(worst, Math.abs((tokens[i] ?? 0) - (clip[i] ?? 0)));
      }
      expect(worst).toBeLessThan(2e-6);
      expect(() => sampler.advance(clip)).toThrow(RangeError);
    },
  );
});

describe('a sampler', () => {
  const shape = flowShape(WAN, { width: 160, height: 96, frames: 13 });
  const length = shape.tokens * shape.tokenWidth;
  const noise = seededNoise(7);
  const picture = noise.decode(shape.pictureTokens * shape.tokenWidth);
  const velocity = (tokens: Float32Array): Float32Array =>
    tokens.map((x, i) => 0.3 * x + Math.fround(i / length));

  test('goes on from a kept state as if it had not stopped', () => {
    const whole = flowSampler(WAN, shape, picture, noise);
    for (let i = 0; i < 4; i++) whole.advance(velocity(whole.state.tokens));
    const first = flowSampler(WAN, shape, picture, noise);
    for (let i = 0; i < 2; i++) first.advance(velocity(first.state.tokens));
    const kept = { tokens: first.state.tokens.slice(), done: first.state.done };
    first.advance(velocity(first.state.tokens));
    const second = flowSampler(WAN, shape, picture, noise, kept);
    expect(second.next()?.index).toBe(2);
    for (let i = 0; i < 2; i++) second.advance(velocity(second.state.tokens));
    expect(second.next()).toBeNull();
    expect(second.state.tokens).toEqual(whole.state.tokens);
  });

  test('previews the clean estimate around the picture itself', () => {
    const sampler = flowSampler(WAN, shape, picture, noise);
    const v = velocity(sampler.state.tokens);
    const preview = sampler.preview(v);
    const still = shape.pictureTokens * shape.tokenWidth;
    expect(preview.slice(0, still)).toEqual(toTokens(picture, shape));
    expect(preview[still]).toBe(Math.fround((sampler.state.tokens[still] ?? 0) - (v[still] ?? 0)));
  });

  test('draws noise in the order of latents, whatever the patch', () => {
    const ones: FlowNoise = { ...noise, start: (n) => Float32Array.from({ length: n }, (_, i) => i) };
    const { tokens } = flowSampler(WAN, shape, picture, ones).state;
    const still = shape.pictureTokens * shape.tokenWidth;
    expect(tokens[still]).toBe(shape.latentHeight * shape.latentWidth);
  });

  test('refuses another clip’s lengths', () => {
    expect(() => flowSampler(WAN, shape, picture.slice(1), noise)).toThrow(RangeError);
    const other = { tokens: new Float32Array(3), done: 0 };
    expect(() => flowSampler(WAN, shape, picture, noise, other)).toThrow(RangeError);
    expect(() => flowSampler(WAN, shape, picture, noise).advance(picture)).toThrow(RangeError);
  });
});
