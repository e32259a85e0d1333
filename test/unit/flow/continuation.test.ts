import { describe, expect, test } from 'vitest';
import {
  applyMatch,
  matchColours,
  planSegments,
  SegmentJoiner,
} from '../../../src/core/flow/continuation.ts';
import { Random } from '../../../src/core/motion/random.ts';

describe('a plan', () => {
  test('of one part where it is enough', () => {
    expect(planSegments(25, 25)).toEqual([{ index: 0, start: 0, overlap: 0 }]);
    expect(planSegments(3, 25)).toHaveLength(1);
  });

  test('of parts that go on before the end of the one before', () => {
    // 25 frames a part: 6 fade, so that each further one begins 18 frames after the one before.
    expect(planSegments(73, 25).map(({ start }) => start)).toEqual([0, 18, 36, 54]);
    for (const frames of [3, 5, 9, 17, 25, 73, 121]) {
      for (let total = frames + 1; total < 4 * frames; total++) {
        const segments = planSegments(total, frames);
        const last = segments.at(-1);
        expect((last?.start ?? 0) + frames).toBeGreaterThanOrEqual(total);
        const before = segments.at(-2);
        expect((before?.start ?? 0) + frames).toBeLessThan(total);
        for (const [i, { start, overlap }] of segments.slice(1).entries()) {
          expect((segments[i]?.start ?? 0) + frames - 1 - start).toBe(overlap);
          // What is left to the next part must not be what still fades from the last one.
          expect(2 * overlap).toBeLessThanOrEqual(frames - 1);
        }
      }
    }
  });

  test('is refused where parts are too short', () => {
    expect(() => planSegments(9, 1)).toThrow(RangeError);
  });
});

const W = 24;
const H = 16;

/** A drawn moment: soft blobs that drift; `time` in frames. */
function scene(time: number, gain = 1, offset = 0): Float32Array {
  const planes = new Float32Array(3 * W * H);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const wave = Math.sin(0.35 * x + 0.02 * time + c) * Math.cos(0.4 * y - 0.015 * time);
        planes[(c * H + y) * W + x] = Math.min(1, Math.max(0, gain * (0.5 + 0.25 * wave) + offset));
      }
    }
  }
  return planes;
}

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

describe('joining', () => {
  const total = 60;
  const segments = planSegments(total, 25);
  const random = new Random(3, 1);

  /** Parts that are each off in colour, sharpness and speed, as an encoder's round trip and fresh noise make them. */
  function join(off: boolean): Float32Array[] {
    const joiner = new SegmentJoiner(segments, total);
    const frames: Float32Array[] = [];
    for (const segment of segments) {
      const gain = off && segment.index > 0 ? 1 - 0.08 * segment.index : 1;
      const offset = off ? 0.05 * segment.index : 0;
      const speed = off && segment.index > 0 ? 1.3 : 1;
      if (segment.index > 0) expect(joiner.anchor).not.toBeNull();
      for (let local = 0; local < 25; local++) {
        const planes = scene(segment.start + speed * local, gain, offset);
        if (off && segment.index > 0)
          for (let i = 0; i < planes.length; i++)
            planes[i] = (planes[i] ?? 0) + 0.004 * (random.next() - 0.5);
        const next = joiner.push(segment, local, planes);
        if (next) frames.push(next);
      }
    }
    return frames;
  }

  test('parts that agree changes nothing, and gives every frame once', () => {
    const frames = join(false);
    expect(frames).toHaveLength(total);
    for (const [k, frame] of frames.entries()) expect(difference(frame, scene(k))).toBeLessThan(1e-6);
  });

  test('hides the seam: no step is larger than those inside a part', () => {
    const frames = join(true);
    expect(frames).toHaveLength(total);
    const steps = frames.slice(1).map((frame, k) => difference(frame, frames[k] ?? frame));
    const starts = segments.slice(1).map(({ start }) => start);
    const near = (k: number): boolean => starts.some((start) => k >= start - 1 && k <= start + 8);
    const inside = Math.max(...steps.filter((_, k) => !near(k)));
    const seams = Math.max(...steps.filter((_, k) => near(k)));
    expect(seams).toBeLessThan(1.5 * inside);
    // Plain cuts at the same places show.
    const cuts = segments
      .slice(1)
      .map(({ start, index }) =>
        difference(
          scene(start - 1, 1 - 0.08 * (index - 1), 0.05 * (index - 1)),
          scene(start, 1 - 0.08 * index, 0.05 * index),
        ),
      );
    expect(Math.max(...cuts)).toBeGreaterThan(1.8 * inside);
  });

  test('a part goes on exactly from the frame that it was given', () => {
    const joiner = new SegmentJoiner(segments, total);
    const [first, second] = segments;
    if (!first || !second) throw new Error('two parts');
    for (let local = 0; local < 25; local++) joiner.push(first, local, scene(local));
    const anchor = joiner.anchor?.slice() ?? new Float32Array();
    expect(difference(anchor, scene(second.start))).toBe(0);
    const shown = joiner.push(second, 0, scene(second.start, 0.9, 0.07));
    expect(shown).toEqual(anchor);
  });
});

describe('matching colours', () => {
  test('undoes a change of contrast and brightness', () => {
    const wanted = scene(4);
    const off = scene(4, 0.9, 0.08);
    applyMatch(off, matchColours(off, wanted));
    expect(difference(off, wanted)).toBeLessThan(1e-6);
  });

  test('does not stretch what is flat, or far off', () => {
    const flat = new Float32Array(3 * W * H).fill(0.25);
    const [match] = matchColours(flat, scene(1));
    expect(match?.[0]).toBe(1);
    const faint = scene(1, 0.1, 0.4);
    expect(matchColours(faint, scene(1)).every(([gain]) => gain <= 1.25)).toBe(true);
  });
});
