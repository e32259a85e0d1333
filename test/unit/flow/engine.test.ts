import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { flowConstants } from '../../../src/contracts/flow.ts';
import { planSegments } from '../../../src/core/flow/continuation.ts';
import type { FlowJob } from '../../../src/core/flow/engine.ts';
import { normals } from '../../../src/core/flow/noise.ts';
import type { FlowFrame, FlowRuntime } from '../../../src/core/flow/runtime.ts';
import {
  difference,
  failing,
  folder,
  load,
  ltx,
  make,
  MemoryCheckpoints,
  picture,
  planes,
  same,
  size,
  STEPS,
  watching,
  words,
} from './make-clip.ts';
import { folderPack, nodeRuntime } from './node-runtime.ts';
import type { NodeRuntime } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

const reference = await make();

describe('a clip', () => {
  test('has its frames in order, tells every run, and leaves nothing behind', () => {
    const { frames, progress, runtime, result } = reference;
    expect(frames.map(({ index }) => index)).toEqual([...Array(17).keys()]);
    expect(frames.every(({ planes, width, height }) => planes.length === 3 * width * height)).toBe(true);
    expect(progress.map(({ stage, done, total }) => `${stage} ${done}/${total}`)).toEqual([
      'context 1/1',
      'encode 1/1',
      'step 1/4',
      'step 2/4',
      'step 3/4',
      'step 4/4',
      'decode 1/1',
    ]);
    for (const { stage, preview } of progress) {
      if (stage === 'step') expect(preview?.pixels).toHaveLength(4 * 3 * 2);
      else expect(preview).toBeUndefined();
    }
    expect(runtime.tensorsInUse).toBe(0);
    expect(runtime.openNow).toBe(0);
    expect(result.times.runs['dit_step']).toHaveLength(4);
    expect(result.frames).toBe(17);
  });

  test('is the same again, and another with another seed, prompt or picture', async () => {
    const again = await make();
    expect(same(planes(again), planes(reference))).toBe(true);
    for (const change of [
      { seed: 43 },
      { prompt: { embedding: normals(3, [0, 0, 0], words * 32), words } },
      { picture: picture.map((value) => 1 - value) },
    ]) {
      expect(same(planes(await make(change)), planes(reference))).toBe(false);
    }
  });

  test('can be asked for with token ids', async () => {
    const { runtime, frames } = await make({ prompt: { ids: [3, 17, 40, 1] } });
    expect(frames).toHaveLength(17);
    expect(runtime.opened[0]).toBe('text_encoder {"T":4}');
    expect(runtime.tensorsInUse).toBe(0);
  });

  test('needs one session at a time where memory is short, and is the same', async () => {
    expect(reference.runtime.mostOpen).toBe(4);
    const short = await make({}, { oneSession: true });
    expect(short.runtime.mostOpen).toBe(1);
    expect(short.runtime.opened.map((key) => key.split(' ')[0])).toEqual([
      'dit_context',
      'vae_encode',
      'dit_step',
      'vae_decode',
    ]);
    expect(same(planes(short), planes(reference))).toBe(true);
  });

  test('goes out at the sink’s pace', async () => {
    let busy = 0;
    let most = 0;
    await make(
      {},
      {
        sink: async () => {
          most = Math.max(most, ++busy);
          await new Promise((resolve) => setImmediate(resolve));
          busy -= 1;
        },
      },
    );
    expect(most).toBe(1);
  });

  test('is decoded in spatial tiles of one size where it is asked for', async () => {
    const wide = {
      size: { width: 96, height: 64, frames: 9 },
      frames: 9,
      picture: normals(1, [0, 0, 1], 3 * 96 * 64),
    };
    const whole = await make(wide);
    const tiled = await make(wide, { decodeTile: { rows: 2, columns: 2 } });
    expect(tiled.result.times.runs['vae_decode']).toHaveLength(2);
    expect(tiled.frames).toHaveLength(9);
    expect(tiled.frames.every(({ planes }) => planes.length === 3 * 96 * 64)).toBe(true);
    expect(tiled.runtime.opened.at(-1)).toBe('vae_decode {"F":2,"h":2,"w":2,"n":9,"H":64,"W":64}');
    expect(whole.runtime.opened.at(-1)).toBe('vae_decode {"F":2,"h":2,"w":3,"n":9,"H":64,"W":96}');
  });
});

describe('a clip that ends early', () => {
  test.each([
    ['dit_step', 3, 2],
    ['vae_decode', 1, STEPS],
  ])(
    'with the device in run %s %d goes on from the last step, to the same frames',
    async (graph, at, spared) => {
      const checkpoints = new MemoryCheckpoints();
      const lost = new AppError('ERR_GPU_LOST', 'the device is gone', { retryable: true });
      const first = nodeRuntime(ltx, load);
      await expect(make({}, { checkpoints, runtime: failing(first, graph, at, lost) })).rejects.toBe(lost);
      expect(first.openNow).toBe(0);
      expect(first.tensorsInUse).toBe(0);
      const second = await make({}, { checkpoints });
      expect(second.result.resumedSteps).toBe(spared);
      expect(second.result.times.runs['dit_step'] ?? []).toHaveLength(STEPS - spared);
      expect(same(planes(second), planes(reference))).toBe(true);
    },
  );

  test('does not go on with another clip’s state, or with a damaged one', async () => {
    const checkpoints = new MemoryCheckpoints();
    await make({ seed: 7 }, { checkpoints });
    expect(checkpoints.saves).toBe(STEPS + 1);
    const other = await make({}, { checkpoints });
    expect(other.result.resumedSteps).toBe(0);
    expect(same(planes(other), planes(reference))).toBe(true);
    const bytes = checkpoints.bytes?.slice() ?? new Uint8Array();
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    checkpoints.bytes = bytes;
    const anew = await make({}, { checkpoints });
    expect(anew.result.resumedSteps).toBe(0);
    expect(same(planes(anew), planes(reference))).toBe(true);
  });

  test('a full disk costs the state, not the clip', async () => {
    const full = new AppError('ERR_STORE_QUOTA', 'the disk is full');
    const { result, frames } = await make(
      {},
      { checkpoints: { load: async () => null, save: () => Promise.reject(full) } },
    );
    expect(result.saved).toBe(false);
    expect(frames).toHaveLength(17);
  });

  test.each(['context 1/1', 'encode 1/1', 'step 2/4', 'decode 1/1'])(
    'by the person after %s runs no graph any more',
    async (moment) => {
      const controller = new AbortController();
      const runtime = nodeRuntime(ltx, load);
      const seen: string[] = [];
      const frames: FlowFrame[] = [];
      const running = make(
        {},
        {
          runtime,
          signal: controller.signal,
          sink: async (frame) => void frames.push(frame),
          onProgress: ({ stage, done, total }) => {
            seen.push(`${stage} ${done}/${total}`);
            if (seen.at(-1) === moment) controller.abort();
          },
        },
      );
      await expect(running).rejects.toMatchObject({ name: 'AbortError' });
      expect(seen.at(-1)).toBe(moment);
      expect(frames).toHaveLength(0);
      expect(runtime.openNow).toBe(0);
      expect(runtime.tensorsInUse).toBe(0);
    },
  );

  test('when the sink fails fails with it and leaves nothing open', async () => {
    const runtime = nodeRuntime(ltx, load);
    const error = new AppError('ERR_MEDIA_ENCODE_FAILED', 'no');
    await expect(make({}, { runtime, sink: () => Promise.reject(error) })).rejects.toBe(error);
    expect(runtime.openNow).toBe(0);
    expect(runtime.tensorsInUse).toBe(0);
  });
});

describe('a longer clip', () => {
  const frames = 40;
  const segments = planSegments(frames, size.frames);

  test('is made in parts, each from a frame of the one before, and resumes in the middle', async () => {
    expect(segments.length).toBeGreaterThan(2);
    const checkpoints = new MemoryCheckpoints();
    const pictures: Float32Array[] = [];
    const whole = await make(
      { frames },
      { checkpoints, runtime: watching(nodeRuntime(ltx, load), 'vae_encode', 'image', pictures) },
    );
    expect(whole.frames.map(({ index }) => index)).toEqual([...Array(frames).keys()]);
    expect(whole.result.times.runs['vae_encode']).toHaveLength(segments.length);
    expect(whole.result.times.runs['dit_context']).toHaveLength(1);
    // Up to where the second part goes on, the frames are those of the clip of one part.
    const until = (segments[1]?.start ?? 0) + 1;
    expect(same(planes(whole).slice(0, until), planes(reference).slice(0, until))).toBe(true);

    // Each further part was given the very frame that it goes on from.
    expect(pictures).toHaveLength(segments.length);
    for (const { index, start } of segments.slice(1)) {
      const shown = whole.frames[start]?.planes.map((value) => 2 * value - 1) ?? new Float32Array();
      expect(difference(pictures[index] ?? new Float32Array(), shown)).toBeLessThan(1e-6);
    }

    // The finished job's state spares every step; its frames come again.
    const replay = await make({ frames }, { checkpoints });
    expect(replay.result.times.runs['dit_step']).toBeUndefined();
    expect(replay.result.resumedSteps).toBe(STEPS * segments.length);
    expect(same(planes(replay), planes(whole))).toBe(true);

    const kept = new MemoryCheckpoints();
    const lost = new AppError('ERR_GPU_LOST', 'the device is gone', { retryable: true });
    const broken = failing(nodeRuntime(ltx, load), 'dit_step', STEPS + 2, lost);
    await expect(make({ frames }, { checkpoints: kept, runtime: broken })).rejects.toBe(lost);
    const again = nodeRuntime(ltx, load);
    const second = failing(again, 'dit_step', 2, lost);
    // Lost once more, before the part is done: nothing that was saved may be forgotten.
    await expect(make({ frames }, { checkpoints: kept, runtime: second })).rejects.toBe(lost);
    const resumed = await make({ frames }, { checkpoints: kept });
    expect(resumed.result.resumedSteps).toBe(STEPS + 2);
    expect(same(planes(resumed), planes(whole))).toBe(true);
  });
});

describe('a clip of the Wan family', () => {
  const wanFolder = tinyFolder('wan');
  const wanJob: Partial<FlowJob> = {
    size: { width: 96, height: 64, frames: 9 },
    frames: 9,
    picture: normals(1, [0, 0, 2], 3 * 96 * 64).map((z) => Math.min(1, Math.max(0, 0.5 + 0.2 * z))),
  };

  test('streams its frames, latent frame by latent frame, and leaves nothing behind', async () => {
    const wan = await folderPack(wanFolder);
    const runtime = nodeRuntime(wan, (file) => join(wanFolder, file));
    const seen: string[] = [];
    const { result } = await make(
      wanJob,
      {
        runtime,
        oneSession: true,
        sink: async ({ index }) => void seen.push(`frame ${index}`),
        onProgress: ({ stage, done, total }) =>
          void (stage === 'decode' && seen.push(`run ${done}/${total}`)),
      },
      wan,
    );
    // The first latent frame is one frame, each further one four.
    expect(seen.slice(0, 7)).toEqual([
      'run 1/3',
      'frame 0',
      'run 2/3',
      'frame 1',
      'frame 2',
      'frame 3',
      'frame 4',
    ]);
    expect(result.frames).toBe(9);
    expect(runtime.mostOpen).toBe(1);
    expect(runtime.openNow).toBe(0);
    expect(runtime.tensorsInUse).toBe(0);
  });

  test('goes on after a device was lost in the middle of its frames', async () => {
    const wan = await folderPack(wanFolder);
    const open = (): NodeRuntime => nodeRuntime(wan, (file) => join(wanFolder, file));
    const whole = await make({ ...wanJob, frames: 15 }, { runtime: open() }, wan);
    const checkpoints = new MemoryCheckpoints();
    const lost = new AppError('ERR_GPU_LOST', 'the device is gone', { retryable: true });
    const first = open();
    const broken = failing(first, 'vae_decode', 5, lost);
    await expect(make({ ...wanJob, frames: 15 }, { checkpoints, runtime: broken }, wan)).rejects.toBe(lost);
    expect(first.tensorsInUse).toBe(0);
    const again = await make({ ...wanJob, frames: 15 }, { checkpoints, runtime: open() }, wan);
    expect(again.result.resumedSteps).toBe(2 * STEPS);
    expect(same(planes(again), planes(whole))).toBe(true);
  });
});

describe('what does not go together', () => {
  test.each([
    ['a picture of another size', { picture: new Float32Array(7) }],
    ['an embedding of another width', { prompt: { embedding: new Float32Array(7), words: 1 } }],
    ['no words', { prompt: { ids: [] } }],
    ['too many words', { prompt: { ids: Array.from({ length: 129 }, () => 5) } }],
    [
      'a longer side than the pack makes',
      { size: { width: 1024, height: 32, frames: 17 }, picture: new Float32Array(3 * 1024 * 32) },
    ],
    ['a size of half a patch', { size: { width: 60, height: 32, frames: 17 } }],
  ])('%s is a wrong call', async (_, change) => {
    await expect(make(change)).rejects.toBeInstanceOf(RangeError);
  });

  test('a prompt for a pack that reads none', async () => {
    const { text } = flowConstants(ltx);
    const pack = await folderPack(folder, { text: { ...text, tokenizer: null } });
    const graphs = pack.graphs.filter(({ id }) => id !== 'text_encoder');
    await expect(make({ prompt: { ids: [3, 1] } }, {}, { ...pack, graphs })).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
      details: { graph: 'text_encoder' },
    });
  });

  test('a graph that gives another shape than it said', async () => {
    const runtime = nodeRuntime(ltx, load);
    const bent: FlowRuntime = {
      ...runtime,
      open: async (id, free) => {
        const session = await runtime.open(id, free);
        return {
          release: () => session.release(),
          run: async (feeds) => {
            const outputs = await session.run(feeds);
            return id === 'vae_encode'
              ? { latent: runtime.floats(new Float32Array(16), [1, 16, 1, 1]) }
              : outputs;
          },
        };
      },
    };
    await expect(make({}, { runtime: bent })).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
      details: { path: 'vae_encode.latent' },
    });
  });

  test('a graph that gives no numbers', async () => {
    const embedding = new Float32Array(words * 32).fill(NaN);
    await expect(make({ prompt: { embedding, words } })).rejects.toMatchObject({
      code: 'ERR_MODEL_FAILED',
      details: { graph: 'dit_step' },
    });
  });
});
