import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { createEngine, type Engine, type PictureLease } from '../../../src/app/engine.ts';
import { createPreviews, type Previews } from '../../../src/app/preview.ts';

let engine: Engine;
let lease: PictureLease;

beforeAll(async () => {
  engine = createEngine({
    render: {
      packUrl: new URL('/packs/portrait/', location.origin).href,
      wasmUrl: new URL('/ort/', location.origin).href,
    },
  });
  const blob = await (await fetch('/samples/thanatopsis.jpg')).blob();
  lease = await engine.openPicture({ pictureId: 'landscape', blob, matte: '#ffffff' });
});
afterAll(() => engine.close());

interface Watched {
  readonly previews: Previews;
  /** Codes of the errors that were shown. */
  readonly errors: string[];
  /** Names of previews that the worker was given. */
  readonly handed: string[];
  /** Resolves when the preview's first frame is drawn. */
  readonly shown: Promise<void>;
  open: boolean;
}

/** Previews on the real worker, with a look at what is asked of it. */
function watch(onAttach: () => void = () => undefined): Watched {
  const errors: string[] = [];
  const handed: string[] = [];
  let show = (): void => undefined;
  const shown = new Promise<void>((resolve) => (show = resolve));
  const { api } = lease.renderer;
  const watchedApi = new Proxy(api, {
    get: (target, key, receiver): unknown => {
      if (key === 'attachPreview')
        return async (...args: Parameters<typeof api.attachPreview>) => {
          handed.push(args[0]);
          const attached = api.attachPreview(...args);
          onAttach();
          await attached;
        };
      if (key === 'setPreview')
        return async (...args: Parameters<typeof api.setPreview>) => {
          const report = await api.setPreview(...args);
          show();
          return report;
        };
      return Reflect.get(target, key, receiver);
    },
  });
  const open: PictureLease = { ...lease, renderer: { ...lease.renderer, api: watchedApi } };
  const previews = createPreviews({
    lease: () => (watched.open ? open : null),
    settings: () => DEFAULT_SETTINGS,
    onScore: (_score, error) => {
      if (error !== null) errors.push(error.code);
    },
  });
  const watched: Watched = { previews, errors, handed, shown, open: true };
  return watched;
}

const setPreview = (previewId: string): Promise<unknown> =>
  lease.renderer.api.setPreview({
    previewId,
    pictureId: lease.workerId,
    motion: DEFAULT_SETTINGS.motion,
    seed: 1,
    seconds: 4,
    aspect: 'source',
    maxSidePx: 64,
  });

describe('a canvas that is taken away', () => {
  it('is forgotten by the worker, though its picture was closed first', async () => {
    const watched = watch();
    const detach = watched.previews.attach(document.createElement('canvas'), { maxSidePx: 64 });
    await watched.shown;
    watched.open = false;
    watched.previews.update();
    detach();
    await expect(setPreview(watched.handed[0] ?? '')).rejects.toMatchObject({ code: 'ERR_INPUT_NOT_FOUND' });
  });

  it('is no error, even on its way to the worker', async () => {
    let detach = (): void => undefined;
    const watched = watch(() => detach());
    detach = watched.previews.attach(document.createElement('canvas'), { maxSidePx: 64 });
    await expect.poll(() => watched.handed).toHaveLength(1);
    await expect(setPreview(watched.handed[0] ?? '')).rejects.toMatchObject({ code: 'ERR_INPUT_NOT_FOUND' });
    expect(watched.errors).toEqual([]);
  });
});
