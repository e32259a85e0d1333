import { afterAll, describe, expect, it } from 'vitest';
import type { HeadlessProgress, HeadlessRequest } from '../../../src/contracts/headless.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { createEngine } from '../../../src/app/engine.ts';
import { createHeadless } from '../../../src/app/headless-pipeline.ts';

const engine = createEngine({
  render: {
    packUrl: new URL('/packs/portrait/', location.origin).href,
    wasmUrl: new URL('/ort/', location.origin).href,
  },
});
const headless = createHeadless(engine);
afterAll(() => engine.close());

const request = (change: Partial<HeadlessRequest> = {}): HeadlessRequest => ({
  pictureUrl: '/samples/rear-admiral.jpg',
  settings: { ...DEFAULT_SETTINGS, seconds: 3, resolution: '480p', fps: 24 },
  uploadUrl: 'http://localhost:1/refused',
  ...change,
});
const silent: HeadlessProgress = () => undefined;

describe('the pipeline without an interface', () => {
  it.each([
    [{ settings: { ...DEFAULT_SETTINGS, seconds: 16 } }, 'ERR_INPUT_SECONDS'],
    [{ pictureUrl: 'http://localhost:1/nothing' }, 'ERR_INPUT_NOT_FOUND'],
    [{ pictureUrl: 'data:text/plain,words' }, 'ERR_INPUT_NOT_A_PICTURE'],
    [{ pictureUrl: 'data:image/png,' }, 'ERR_INPUT_EMPTY'],
  ] as const)('answers %j with an error as a value', async (change, code) => {
    expect(await headless.makeClip(request(change), silent)).toMatchObject({ ok: false, error: { code } });
  });

  it(
    'says so when the finished file is not taken, after telling its progress',
    { timeout: 90_000 },
    async () => {
      const seen: Parameters<HeadlessProgress>[0][] = [];
      const answer = await headless.makeClip(request(), (view) => seen.push(view));
      expect(answer).toMatchObject({ ok: false, error: { code: 'ERR_INPUT_OUTPUT' } });
      expect(new Set(seen.map((view) => view.stage))).toEqual(
        new Set(['prepare', 'render', 'verify', 'save']),
      );
      const progress = seen.map((view) => view.progress);
      expect(progress).toEqual([...progress].sort((a, b) => a - b));
      expect(seen.some((view) => view.etaS !== null)).toBe(true);
    },
  );
});
