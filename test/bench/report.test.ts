import { expect, test } from 'vitest';
import type { ClipTiming } from './page/bench.api.ts';
import { median, summarise, table } from './report.ts';

const clip = (total: number): ClipTiming => ({
  ...{ width: 480, height: 600, frames: 90, sizeBytes: 1e6, codec: 'avc1.640c1e' },
  stagesMs: { decode: 1, perceive: 2, firstFrame: 100, render: 4, encode: 5, verify: 6, total },
  capabilities: { provider: 'wasm', renderer: 'processor', adapter: '', threads: 1 },
});
const alone = (encodeMs: number) => ({ encodeMs, sizeBytes: 1e6, codec: 'avc1.640c1e' });

test('the median is the middle, or the mean of the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test('the ratio sets the whole clip against encoding alone', () => {
  const line = summarise({
    resolution: '480p',
    cold: clip(3000),
    warm: [clip(900), clip(1000), clip(1100)],
    alone: [alone(800), alone(790), alone(2000)],
    peakBytes: null,
  });
  expect(line).toMatchObject({
    totalMs: 1000,
    aloneMs: 800,
    ratio: 1.25,
    coldRatio: 3.75,
    firstFrameRatio: 0.125,
  });
  expect(line.framesPerSecond).toBe(90);
  const rows = table([line]).split('\n');
  expect(rows).toHaveLength(3);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
});
