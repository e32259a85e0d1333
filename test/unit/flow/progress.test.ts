import { describe, expect, test } from 'vitest';
import type { FlowProgress } from '../../../src/core/flow/engine.ts';
import { WorkMeter, type WorkList } from '../../../src/core/flow/progress.ts';

const list = (works: Readonly<Record<string, readonly [runs: number, work: number | null]>>): WorkList =>
  Object.entries(works).map(([id, [runs, work]]) => ({ graph: { id }, runs, work }));

/** Everything that a clip of so many parts goes through. */
function way(segments: number, steps: number, decodes: number): FlowProgress[] {
  const all: FlowProgress[] = [{ stage: 'context', segment: 0, segments, done: 1, total: 1 }];
  for (let segment = 0; segment < segments; segment++) {
    all.push({ stage: 'encode', segment, segments, done: 1, total: 1 });
    for (let i = 1; i <= steps; i++) all.push({ stage: 'step', segment, segments, done: i, total: steps });
    for (let i = 1; i <= decodes; i++)
      all.push({ stage: 'decode', segment, segments, done: i, total: decodes });
  }
  return all;
}

describe('how much work lies behind a clip', () => {
  test.each([1, 2, 5])('grows to 1 in %i parts, by what each run takes', (segments) => {
    const meter = new WorkMeter(
      list({
        dit_context: [1, 10],
        vae_encode: [segments, 20],
        dit_step: [8 * segments, 100],
        vae_decode: [3 * segments, 50],
      }),
    );
    const total = 10 + segments * (20 + 800 + 150);
    const found = way(segments, 8, 3).map((at) => meter.at(at));
    expect(found[0]).toBeCloseTo(10 / total);
    expect(found[1]).toBeCloseTo(30 / total);
    expect(found[2]).toBeCloseTo(130 / total);
    expect(found.at(-1)).toBeCloseTo(1);
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });

  test('lets steps be most of it where a pack does not say', () => {
    const meter = new WorkMeter(
      list({ dit_context: [1, 1], vae_encode: [1, 1], dit_step: [8, 100], vae_decode: [3, null] }),
    );
    const found = way(1, 8, 3).map((at) => meter.at(at));
    expect((found[9] ?? 0) - (found[1] ?? 0)).toBeCloseTo(0.76);
    expect(found.at(-1)).toBeCloseTo(1);
  });

  test('does not go back when a job begins anew', () => {
    const meter = new WorkMeter(list({ dit_step: [4, 1] }));
    const far = meter.at({ stage: 'step', segment: 0, segments: 1, done: 3, total: 4 });
    expect(meter.at({ stage: 'context', segment: 0, segments: 1, done: 1, total: 1 })).toBe(far);
  });
});
