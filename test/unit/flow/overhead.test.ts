import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { flowConstants } from '../../../src/contracts/flow.ts';
import { parsePack } from '../../../src/contracts/pack.ts';
import { flowPlan } from '../../../src/core/flow/fit.ts';
import { normals } from '../../../src/core/flow/noise.ts';
import { workList } from '../../../src/core/flow/speed.ts';
import { make, MemoryCheckpoints } from './make-clip.ts';
import { folderPack } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

/** What a fast card of a desktop computer does of these graphs, floating-point operations per millisecond. */
const CARD = 4e9;
/** X2. */
const MOST = 0.05;

/** Time that this process has computed, milliseconds: other processes don't count, however busy the machine is. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

test('outside its sessions a clip of 512×320 takes at most 5% of what LTX 2B takes at an assumed 4 TFLOP/s', async () => {
  const size = { width: 512, height: 320, frames: 25 };
  const small = await folderPack(tinyFolder('ltx'));
  // Real graphs at the real size: what lies between the sessions depends on pixels and tokens, not on how large they are.
  const pack = { ...small, limits: {}, constants: { ...small.constants, sizes: [size] } };
  const picture = normals(1, [0, 0, 0], 3 * 512 * 320).map((z) => Math.min(1, Math.max(0, 0.5 + 0.1 * z)));
  const change = { size, frames: size.frames, picture };
  const shares: number[] = [];
  let outsideMs = Infinity;
  for (let run = 0; run < 3; run++) {
    const tools = { now: computedMs, checkpoints: new MemoryCheckpoints() };
    const { result, frames } = await make(change, tools, pack);
    expect(frames).toHaveLength(25);
    const { totalMs, sinkMs, times } = result;
    const rest = totalMs - sinkMs - times.openMs - times.runMs;
    shares.push(rest / totalMs);
    outsideMs = Math.min(outsideMs, rest);
  }
  const large = parsePack(
    JSON.parse(readFileSync(new URL('../../fixtures/flow/ltx-2b.pack.json', import.meta.url), 'utf8')),
  );
  const constants = flowConstants(large);
  const limits = {
    provider: 'webgpu',
    maxBufferSize: 2 ** 31,
    maxStorageBufferBindingSize: 2 ** 31,
    streams: true,
  } as const;
  const plan = flowPlan(large, constants, size, limits, {}, false);
  const wish = { size, frames: size.frames, fps: constants.fps, words: 0 };
  const work = workList(large, constants, wish, plan).reduce(
    (sum, { runs, work: one }) => sum + runs * (one ?? NaN),
    0,
  );
  const share = outsideMs / (outsideMs + work / CARD);
  const own = shares.map((one) => `${(100 * one).toFixed(0)}%`).join(', ');
  process.stdout.write(
    `outside sessions: ${outsideMs.toFixed(0)} ms of processor time, ${(100 * share).toFixed(1)}% of ` +
      `${(work / CARD / 1000).toFixed(1)} s; of the small pack's own job ${own}\n`,
  );
  expect(work).toBeGreaterThan(1e13);
  expect(share).toBeLessThan(MOST);
});
