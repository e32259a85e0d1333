import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FLOW_GRAPHS, flowConstants } from '../../../src/contracts/flow.ts';
import type { FlowJob } from '../../../src/core/flow/engine.ts';
import { runFlow } from '../../../src/core/flow/engine.ts';
import { flowShape } from '../../../src/core/flow/layout.ts';
import { positionTables } from '../../../src/core/flow/positions.ts';
import type { FlowFrame, FlowRuntime } from '../../../src/core/flow/runtime.ts';
import { flowSteps } from '../../../src/core/flow/schedule.ts';
import { folderPack, nodeRuntime } from './node-runtime.ts';
import type { ReferenceClip, ReferenceTensor } from './golden-clip.ts';
import { noiseOf, planesOf, psnr, relativeError } from './golden-clip.ts';
import { openReferences, tinyFolder } from './references.ts';

const NONE = new Float32Array();

describe.each(['ltx', 'wan'] as const)('the small %s pack', (family) => {
  const folder = tinyFolder(family);
  const load = (file: string): string => join(folder, file);

  test('each graph gives what its module does, within 1e-4', async () => {
    const { references, tensor } = await openReferences(family);
    const runtime = nodeRuntime(await folderPack(folder), load);
    expect(references.graphs.map(({ graph }) => graph).sort()).toEqual(Object.values(FLOW_GRAPHS).sort());
    for (const { graph, inputs, outputs } of references.graphs) {
      const session = await runtime.open(graph, {});
      const feeds = Object.entries(inputs).map(([name, reference]) => {
        const { type, shape, data } = tensor(reference);
        return [name, type === 'int64' ? runtime.words([...data]) : runtime.floats(data, shape)] as const;
      });
      const found = await session.run(Object.fromEntries(feeds));
      for (const [name, reference] of Object.entries(outputs)) {
        const wanted = tensor(reference);
        expect(found[name]?.shape).toEqual(wanted.shape);
        const error = relativeError((await found[name]?.read()) ?? NONE, wanted.data);
        expect(error, `${graph}.${name}`).toBeLessThan(1e-4);
      }
      await session.release();
    }
  });

  test('steps have the levels of diffusers’ scheduler', async () => {
    const { references } = await openReferences(family);
    const { sampler } = flowConstants(await folderPack(folder));
    const steps = flowSteps(sampler);
    const { sigmas, timesteps } = references.schedule;
    expect(steps).toHaveLength(timesteps.length);
    for (const [i, step] of steps.entries()) {
      expect(Math.abs(step.sigma - (sigmas[i] ?? NaN))).toBeLessThan(1e-7);
      expect(Math.abs(step.timestep - (timesteps[i] ?? NaN))).toBeLessThan(1e-4);
    }
  });

  test('positions, every step and all frames of each clip are those of diffusers', async () => {
    const { references, tensor } = await openReferences(family);
    expect(references.clips.length).toBeGreaterThan(0);
    for (const clip of references.clips) await checkClip(clip, tensor);
  });

  async function checkClip(clip: ReferenceClip, tensor: (name: string) => ReferenceTensor): Promise<void> {
    const plain = flowConstants(await folderPack(folder));
    const pack = await folderPack(folder, {
      sampler: { ...plain.sampler, ...clip.sampler },
      positions: { ...plain.positions, ...(clip.causal === undefined ? {} : { causal: clip.causal }) },
    });
    const constants = flowConstants(pack);
    const shape = flowShape(constants, clip.size);
    const { cos, sin } = positionTables(constants.positions, shape, constants.fps);
    expect(relativeError(cos, tensor(clip.cos).data), `${clip.name} cos`).toBeLessThan(1e-6);
    expect(relativeError(sin, tensor(clip.sin).data), `${clip.name} sin`).toBeLessThan(1e-6);

    const { shape: of = [], data: embedding } = tensor(clip.embedding);
    const job: FlowJob = {
      size: clip.size,
      frames: clip.size.frames,
      picture: planesOf(tensor(clip.picture)),
      prompt: { embedding, words: of[1] ?? 0 },
      seed: 0,
    };
    const frames: FlowFrame[] = [];
    const states: Float32Array[] = [];
    const runtime = watched(nodeRuntime(pack, load), states);
    const result = await runFlow(pack, job, {
      runtime,
      sink: async (frame) => void frames.push(frame),
      noise: () => noiseOf(clip, tensor, shape),
      now: () => performance.now(),
    });
    expect(result.frames).toBe(clip.size.frames);

    const steps = tensor(clip.steps).data;
    const length = shape.tokens * shape.tokenWidth;
    const count = steps.length / length;
    // Step i starts from what step i − 1 left.
    for (let i = 1; i < count; i++) {
      const error = relativeError(states[i] ?? NONE, steps.slice((i - 1) * length, i * length));
      expect(error, `${clip.name} after step ${i}`).toBeLessThan(1e-4);
    }
    expect(psnr(frames, tensor(clip.frames)), clip.name).toBeGreaterThan(60);
  }

  /** The runtime, with what each step starts from noted down. */
  function watched(runtime: FlowRuntime, states: Float32Array[]): FlowRuntime {
    return {
      ...runtime,
      open: async (graph, free) => {
        const session = await runtime.open(graph, free);
        if (graph !== FLOW_GRAPHS.step) return session;
        return {
          release: () => session.release(),
          run: async (feeds) => {
            states.push((await feeds['latents']?.read()) ?? NONE);
            return session.run(feeds);
          },
        };
      },
    };
  }
});
