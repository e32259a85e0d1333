import { describe, expect, test } from 'vitest';
import { flowConstants } from '../../../src/contracts/flow.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import { DEFAULT_SETTINGS, type ClipSettings } from '../../../src/contracts/settings.ts';
import {
  modelTime,
  planFlowClip,
  promptWords,
  readsPrompts,
  type FlowClipPlan,
} from '../../../src/core/flow/clip-plan.ts';
import { folderPack } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

const ltx = await folderPack(tinyFolder('ltx'));
const wan = await folderPack(tinyFolder('wan'));
const PROMPT: ClipSettings['motion'] = { kind: 'prompt', prompt: 'she turns' };

function plan(
  pack: Pack,
  change: Partial<ClipSettings> = {},
  source = { width: 600, height: 400 },
): FlowClipPlan {
  return planFlowClip(
    pack,
    flowConstants(pack),
    { ...DEFAULT_SETTINGS, seconds: 3, ...change },
    source,
    null,
  );
}
const codes = ({ notices }: FlowClipPlan): string[] => notices.map(({ code }) => code);

describe('how a flow pack meets settings', () => {
  test('asks a model that knows seconds for a rate near its own, and another for its own', () => {
    // The small LTX was made for 25 frames a second and counts seconds; Wan counts frames, 24 a second.
    expect(modelTime(flowConstants(ltx), { fps: 30, seconds: 3 })).toEqual({
      frames: 90,
      modelFrames: 90,
      modelFps: 30,
    });
    expect(modelTime(flowConstants(wan), { fps: 30, seconds: 3 })).toEqual({
      frames: 90,
      modelFrames: 73,
      modelFps: 24,
    });
    expect(modelTime(flowConstants(wan), { fps: 24, seconds: 3 })).toEqual({
      frames: 72,
      modelFrames: 72,
      modelFps: 24,
    });
  });

  test('asks for the model’s own rate where the wanted one is far off', () => {
    const constants = { ...flowConstants(ltx), fps: 12 };
    expect(modelTime(constants, { fps: 24, seconds: 3 })).toEqual({
      frames: 72,
      modelFrames: 37,
      modelFps: 12,
    });
  });

  test('has a frame of the model on both sides of each of the clip’s', () => {
    for (const fps of [24, 30] as const) {
      for (let tenths = 30; tenths <= 150; tenths++) {
        const { frames, modelFrames, modelFps } = modelTime(flowConstants(wan), {
          fps,
          seconds: tenths / 10,
        });
        const last = ((frames - 1) * modelFps) / fps;
        expect(modelFrames - 1).toBeGreaterThanOrEqual(last - 1e-6);
        expect(modelFrames - 2).toBeLessThan(last);
      }
    }
  });

  test('stretches nothing: the clip has the model’s shape, and the crop the same', () => {
    for (const aspect of ['source', '9:16', '1:1', '16:9'] as const) {
      const source = { width: 900, height: 700 };
      const { size, crop, width, height } = plan(ltx, { aspect }, source);
      expect(Math.abs(width / height / (size.width / size.height) - 1)).toBeLessThan(0.01);
      expect((crop[2] * source.width) / (crop[3] * source.height)).toBeCloseTo(size.width / size.height, 5);
      expect([width % 2, height % 2]).toEqual([0, 0]);
      expect(Math.min(width, height)).toBe(720);
    }
  });

  test('says what it can’t do as asked', () => {
    // 96×64 has a square's part of it cut off; 90 frames are more than 65 at once.
    expect(codes(plan(ltx, { aspect: '1:1' }))).toEqual(['NOTICE_FLOW_ENLARGED', 'NOTICE_FLOW_PARTS']);
    expect(codes(plan(ltx, { aspect: '16:9' }))).toEqual([
      'NOTICE_FLOW_ENLARGED',
      'NOTICE_FLOW_SHAPE',
      'NOTICE_FLOW_PARTS',
    ]);
  });

  test('takes only sizes that fit, and all where none does', () => {
    const constants = flowConstants(ltx);
    const settings = { ...DEFAULT_SETTINGS, seconds: 3 };
    const source = { width: 600, height: 400 };
    const small = planFlowClip(ltx, constants, settings, source, null, ({ frames }) => frames < 65);
    expect(small.size).toMatchObject({ width: 96, height: 64, frames: 17 });
    const none = planFlowClip(ltx, constants, settings, source, null, () => false);
    expect(none.size).toEqual(plan(ltx).size);
  });

  test('keeps the subject in the crop', () => {
    const constants = flowConstants(ltx);
    const settings = { ...DEFAULT_SETTINGS, seconds: 3, aspect: '1:1' } as const;
    const { crop } = planFlowClip(
      ltx,
      constants,
      settings,
      { width: 1000, height: 500 },
      [0.7, 0.1, 0.2, 0.5],
    );
    expect(crop[0]).toBeLessThanOrEqual(0.7);
    expect(crop[0] + crop[2]).toBeGreaterThanOrEqual(0.9);
  });

  test('refuses to read where the pack can’t', () => {
    const deaf: Pack = { ...ltx, graphs: ltx.graphs.filter(({ id }) => id !== 'text_encoder') };
    expect([readsPrompts(ltx, flowConstants(ltx)), readsPrompts(deaf, flowConstants(deaf))]).toEqual([
      true,
      false,
    ]);
    expect(() => plan(deaf, { motion: PROMPT })).toThrow(
      expect.objectContaining({
        code: 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD',
        details: { why: 'no-text-encoder', pack: 'tiny-ltx' },
      }),
    );
    expect(plan(deaf).frames).toBe(90);
    expect(plan(ltx, { motion: PROMPT }).frames).toBe(90);
  });

  test('refuses what is too long where parts can’t be continued', () => {
    const still: Pack = {
      ...ltx,
      constants: { ...ltx.constants, sizes: [{ width: 64, height: 64, frames: 1 }] },
    };
    expect(() => plan(still)).toThrow(expect.objectContaining({ code: 'ERR_INPUT_SECONDS' }));
  });
});

test('a prompt is to be no longer than the pack reads (P2)', async () => {
  const words = async (maxTokens: number): Promise<unknown> => {
    const constants = flowConstants(await folderPack(tinyFolder('ltx')));
    return promptWords({ ...constants, text: { ...constants.text, maxTokens } });
  };
  expect(await words(512)).toEqual({ least: 50, most: 200 });
  expect(await words(128)).toEqual({ least: 50, most: 96 });
  expect(await words(40)).toEqual({ least: 4, most: 30 });
});
