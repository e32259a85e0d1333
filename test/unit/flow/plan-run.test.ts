import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flowConstants } from '../../../src/contracts/flow.ts';
import type { DeviceLimits } from '../../../src/core/flow/memory.ts';
import { memoryPlan } from '../../../src/core/flow/memory.ts';
import { normals } from '../../../src/core/flow/noise.ts';
import { learntSpeed } from '../../../src/core/flow/speed.ts';
import type { FlowWish } from '../../../src/core/flow/speed.ts';
import { make } from './make-clip.ts';
import { folderPack, nodeRuntime } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

const folder = tinyFolder('wan');
const wan = await folderPack(folder);
const constants = flowConstants(wan);
const size = { width: 96, height: 64, frames: 9 };
const limits = (largest: number, deviceBytes: number): DeviceLimits => ({
  provider: 'webgpu',
  maxBufferSize: largest,
  maxStorageBufferBindingSize: 2 ** 31,
  streams: true,
  deviceBytes,
});

test('a clip is made the way that the plan says: in its tiles, its runs, its sessions', async () => {
  const room = memoryPlan(wan, constants, size, limits(2 ** 31, 2 ** 31), false);
  expect([room.decodeTile, room.decodeRuns, room.oneSession]).toEqual([{ rows: 4, columns: 6 }, 3, false]);
  const decode = room.graphs.find(({ graph }) => graph === 'vae_decode');
  // A card that can hold nine tenths of the decoder’s largest buffer, and any one graph but not all.
  const largest = (decode?.largest ?? 0) * 0.9;
  const tiled = memoryPlan(wan, constants, size, limits(largest, 2 ** 31), false);
  const plan = memoryPlan(wan, constants, size, limits(largest, tiled.peakBytes - 1), false);
  expect(plan.problems).toEqual([]);
  expect([plan.decodeTile, plan.decodeRuns, plan.oneSession]).toEqual([{ rows: 4, columns: 4 }, 6, true]);

  const runtime = nodeRuntime(wan, (file) => join(folder, file));
  const wish: FlowWish = { size, frames: 9, fps: 24, words: 0 };
  const { result, frames } = await make(
    { size, frames: 9, picture: normals(1, [0, 0, 0], 3 * 96 * 64).map((z) => 0.5 + 0.1 * z) },
    { runtime, oneSession: plan.oneSession, decodeTile: plan.decodeTile },
    wan,
  );
  expect(frames).toHaveLength(9);
  expect(result.times.runs['vae_decode']).toHaveLength(plan.decodeRuns);
  expect(runtime.mostOpen).toBe(1);
  expect(runtime.opened.at(-1)).toContain('"h":4,"w":4,"H":64,"W":64');

  const spent = { ...result.times, sinkMs: result.sinkMs, totalMs: result.totalMs, resumedSteps: 0 };
  const { graphs, openMs } = learntSpeed(wan, constants, wish, plan, spent);
  expect(Object.keys(graphs).sort()).toEqual(['dit_context', 'dit_step', 'vae_decode', 'vae_encode']);
  for (const speed of Object.values(graphs)) expect(speed).toBeGreaterThan(0);
  expect(openMs).toBeGreaterThan(0);
});
