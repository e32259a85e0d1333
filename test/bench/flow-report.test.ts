import { expect, test } from 'vitest';
import { flowTable, outsideShare, summariseFlow } from './flow-report.ts';
import type { FlowTiming } from './page/bench.api.ts';

const timing = (totalMs: number): FlowTiming => ({
  provider: 'wasm',
  frames: 72,
  loadedMs: 50,
  wallMs: totalMs + 60,
  times: {
    openMs: 100,
    runMs: 800,
    runs: { vae_encode: [10], dit_context: [10], dit_step: [90, 100, 110], vae_decode: [230, 250] },
    sinkMs: 60,
    totalMs,
    resumedSteps: 0,
  },
});

test('what is neither sessions nor frames on their way is outside', () => {
  expect(outsideShare(timing(1000), false)).toBeCloseTo(0.04, 9);
  expect(outsideShare(timing(1000), true)).toBeCloseTo(0.1, 9);
});

test('a line has medians of the warm jobs, and what a job added to memory', () => {
  const line = summariseFlow({
    pack: 'tiny-ltx',
    size: { width: 96, height: 64, frames: 17 },
    cold: { ...timing(3000), loadedMs: 900 },
    warm: [timing(1000), timing(1200), timing(2000)],
    peakBytes: 500e6,
    beforeBytes: 200e6,
  });
  expect(line).toMatchObject({
    size: '96×64×17',
    coldLoadMs: 1000,
    loadMs: 150,
    stepMs: 100,
    steps: 3,
    tileMs: 240,
    tiles: 2,
    totalMs: 1260,
    addedBytes: 300e6,
  });
  expect(line.outside).toBeCloseTo(0.2, 9);
  const rows = flowTable([line, { ...line, addedBytes: null }]).split('\n');
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(rows).toHaveLength(4);
});
