import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RateChanger } from '../../../src/core/flow/resample.ts';

/** A frame that knows its number. */
const frame = (i: number): Float32Array => Float32Array.of(i, 10 * i);

function change(modelFps: number, fps: number, frames: number, modelFrames: number): Float32Array[] {
  const changer = new RateChanger(modelFps, fps, frames);
  return Array.from({ length: modelFrames }, (_, i) => changer.push(frame(i))).flat();
}

describe('frames at another rate', () => {
  test('are the very same ones at the same rate', () => {
    const given = Array.from({ length: 5 }, (_, i) => frame(i));
    const changer = new RateChanger(24, 24, 5);
    expect(given.flatMap((one) => changer.push(one))).toEqual(given);
    expect(given.map((one) => new RateChanger(24, 24, 5).push(one)[0] === one)).toEqual(
      given.map(() => true),
    );
  });

  test('lie between their neighbours in time', () => {
    // The clip's frame k at 12·k/30 of the model's.
    expect(change(12, 30, 6, 3).map(([at]) => at)).toEqual([0, 0.4, 0.8, 1.2, 1.6, 2].map(Math.fround));
    // Faster models give every second one.
    expect(change(48, 24, 3, 5).map(([at]) => at)).toEqual([0, 2, 4]);
  });

  test('are as many as asked for, each where it belongs, whatever the rates', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(24, 30),
        fc.integer({ min: 1, max: 90 }),
        (modelFps, fps, frames) => {
          const enough = Math.ceil(((frames - 1) * modelFps) / fps - 1e-6) + 1;
          const found = change(modelFps, fps, frames, enough + 3);
          expect(found).toHaveLength(frames);
          expect(change(modelFps, fps, frames, enough)).toHaveLength(frames);
          for (const [k, [at = NaN, tenfold = NaN]] of found.entries()) {
            expect(at).toBeCloseTo((k * modelFps) / fps, 4);
            expect(tenfold).toBeCloseTo(10 * at, 3);
          }
        },
      ),
    );
  });

  test('come as soon as they can, so that no more than one frame is kept', () => {
    const changer = new RateChanger(12, 24, 5);
    expect([0, 1, 2].map((i) => changer.push(frame(i)).length)).toEqual([1, 2, 2]);
    expect(changer.push(frame(3))).toEqual([]);
  });

  test('need rates', () => {
    expect(() => new RateChanger(0, 24, 1)).toThrow(RangeError);
    expect(() => new RateChanger(24, NaN, 1)).toThrow(RangeError);
  });
});
