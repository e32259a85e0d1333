import { beforeAll, describe, expect, test } from 'vitest';
import type { AppState } from '../../../src/contracts/app.api.ts';
import type { PictureRecord } from '../../../src/contracts/records.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { type SwApp } from '../../../src/ui/sw-app/sw-app.ts';
import {
  clipOf,
  deep,
  deepAll,
  drawnPicture,
  jobOf,
  key,
  type ListeningApp,
  openPicture,
  pictureOf,
  press,
  settle,
  shownError,
  textOf,
} from './lib/fixture.ts';
import { change, start, useStudioPage } from './lib/start.ts';

const drawn = useStudioPage();
let picture: PictureRecord;
let opened: Partial<AppState>;

beforeAll(() => {
  ({ picture, opened } = drawn());
});

describe('keys', () => {
  test('arrows choose a motion, round the ends', async () => {
    const { app, element } = await start(opened);
    key(document.body, 'ArrowRight');
    await settle(element);
    expect(app.state.settings.motion).toEqual({ kind: 'preset', preset: 'turn-to-camera' });
    key(document.body, 'ArrowLeft');
    await settle(element);
    key(document.body, 'ArrowLeft');
    await settle(element);
    expect(app.state.settings.motion).toEqual({ kind: 'prompt', prompt: '' });
  });

  test('arrows follow the direction of writing', async () => {
    const { app, element } = await start(opened);
    document.documentElement.dir = 'rtl';
    key(document.body, 'ArrowLeft');
    await settle(element);
    document.documentElement.dir = 'ltr';
    expect(app.state.settings.motion).toEqual({ kind: 'preset', preset: 'turn-to-camera' });
  });

  test('space pauses and plays the preview', async () => {
    const { app, element } = await start(opened);
    expect(app.named('pausePreview').at(-1)?.args).toEqual([false]);
    key(document.body, ' ');
    await settle(element);
    expect(app.named('pausePreview').at(-1)?.args).toEqual([true]);
    expect(textOf(element)).toContain('Paused');
    key(document.body, ' ');
    await settle(element);
    expect(app.named('pausePreview').at(-1)?.args).toEqual([false]);
  });

  test('Enter makes, from the page and from a motion, but not from another button', async () => {
    const { app, element } = await start(opened);
    key(deep(element, 'button.home, .theme', HTMLButtonElement), 'Enter');
    await settle(element);
    expect(app.named('makeClip')).toHaveLength(0);
    key(document.body, 'Enter');
    await settle(element);
    key(deep(element, '[role=radio]', HTMLButtonElement), 'Enter');
    await settle(element);
    expect(app.named('makeClip')).toHaveLength(2);
  });

  test('in the words space, arrows and Enter write; Control and Enter makes', async () => {
    const { app, element } = await start(opened);
    press(element, 'Custom');
    await settle(element);
    const field = deep(element, 'textarea', HTMLTextAreaElement);
    expect(deepAll(element, 'textarea')[0]?.matches(':focus')).toBe(true);
    for (const name of [' ', 'ArrowLeft', 'Enter']) expect(key(field, name)).toBe(true);
    field.value = 'nods';
    field.dispatchEvent(new Event('input'));
    key(field, 'Enter', { ctrlKey: true });
    await settle(element);
    expect(app.state.settings.motion).toEqual({ kind: 'prompt', prompt: 'nods' });
    expect(app.named('makeClip')).toHaveLength(1);
  });

  test('Escape cancels the job on the stage', async () => {
    const { app, element } = await start(opened);
    app.onMake = () => {
      app.set({ jobs: [jobOf('job-1', 'running')] });
      return 'job-1';
    };
    key(document.body, 'Enter');
    await settle(element);
    key(document.body, 'Escape');
    await settle(element);
    expect(app.named('cancelJob').map((call) => call.args)).toEqual([['job-1']]);
  });
});

describe('the way of a job', () => {
  async function working(): Promise<{ app: ListeningApp; element: SwApp }> {
    const started = await start(opened);
    const { app, element } = started;
    app.onMake = () => {
      app.set({ jobs: [jobOf('job-1', 'running')] });
      return 'job-1';
    };
    press(element, /^Make clip/);
    await settle(element);
    return started;
  }

  test('while it runs: stage, percentage, time left, Cancel, and the title', async () => {
    const { element } = await working();
    const text = textOf(element);
    for (const part of ['Making your clip', '40%', 'Drawing', '6 seconds left', 'Cancel']) {
      expect(text).toContain(part);
    }
    const bar = deep(element, 'sw-job [role=progressbar]', HTMLElement);
    expect(bar.getAttribute('aria-valuenow')).toBe('40');
    expect(bar.getAttribute('aria-valuetext')).toBe('Drawing, 40%');
    expect(document.title).toBe('40% – Stillwake');
    expect(deep(element, '.vh[aria-live]', HTMLElement).textContent).toContain('Making clip: Drawing');
  });

  test('when it is ready its clip plays in its place, and is offered for download', async () => {
    const { app, element } = await working();
    const clip = clipOf('clip-1', picture, 'A good clip');
    // In the order in which the application says it: the job, then the clip, then what is shown.
    await change(element, app, { jobs: [jobOf('job-1', 'done', {}, 'clip-1')] });
    await change(element, app, { clips: [clip] });
    await change(element, app, { shownClipId: 'clip-1' });
    const text = textOf(element);
    for (const part of ['A good clip', 'Saved in your gallery', '720 × 900', 'Download']) {
      expect(text).toContain(part);
    }
    const video = deep(element, 'sw-stage video', HTMLVideoElement);
    expect(video.loop).toBe(true);
    expect(app.named('dismissJob').map((call) => call.args)).toEqual([['job-1']]);
    press(element, 'Make another');
    await settle(element);
    expect(textOf(element)).toContain('Make clip');
  });

  test('a clip that is ready while another motion is looked at is said and not pushed onto the stage', async () => {
    const { app, element } = await working();
    press(element, 'Breathing');
    await settle(element);
    expect(textOf(element)).toContain('Add to queue');
    const clip = clipOf('clip-1', picture);
    await change(element, app, { clips: [clip], shownClipId: 'clip-1', jobs: [] });
    expect(app.state.shownClipId).toBeNull();
    expect(textOf(element)).toContain('Clip ready');
    press(element, 'Watch');
    await settle(element);
    expect(app.state.shownClipId).toBe('clip-1');
  });

  test('when it fails: why, that nothing was lost, and another try', async () => {
    const { app, element } = await working();
    const error = shownError('ERR_MEDIA_ENCODE_FAILED');
    await change(element, app, { jobs: [jobOf('job-1', 'failed', { error })] });
    expect(textOf(element)).toContain(errorSentence(error));
    expect(textOf(element)).toContain('Nothing was saved, and your settings are still here.');
    press(element, 'Try again');
    await settle(element);
    expect(app.named('retryJob').map((call) => call.args)).toEqual([['job-1']]);
  });

  test('a job that a closed page interrupted is offered again', async () => {
    const { app, element } = await start({ jobs: [jobOf('job-1', 'interrupted')], pictures: [picture] });
    expect(textOf(element)).toContain('A clip was being made when this page closed.');
    press(element, 'Start again');
    await settle(element);
    expect(app.named('retryJob').map((call) => call.args)).toEqual([['job-1']]);
  });

  test('the queue moves, cancels and retries', async () => {
    const jobs = [
      jobOf('a', 'running'),
      jobOf('b', 'queued'),
      jobOf('c', 'queued'),
      jobOf('d', 'failed', { error: shownError('ERR_GPU_LOST') }),
    ];
    const { app, element } = await start({ ...opened, jobs });
    const button = (name: RegExp): HTMLButtonElement[] =>
      deepAll(element, 'sw-queue button').filter(
        (one): one is HTMLButtonElement =>
          one instanceof HTMLButtonElement && name.test(one.getAttribute('aria-label') ?? ''),
      );
    expect(button(/^Move .* up$/).map((one) => one.disabled)).toEqual([true, false]);
    button(/^Move .* up$/)[1]?.click();
    button(/^Cancel /)[0]?.click();
    button(/^Try .* again$/)[0]?.click();
    await settle(element);
    expect(app.named('moveJob').map((call) => call.args)).toEqual([['c', 0]]);
    expect(app.named('cancelJob').map((call) => call.args)).toEqual([['a']]);
    expect(app.named('retryJob').map((call) => call.args)).toEqual([['d']]);
  });
});

describe('the picture', () => {
  test('one that cannot be opened says why, and another can be chosen', async () => {
    const error = shownError('ERR_INPUT_DAMAGED');
    const { element } = await start({ picture: { phase: 'failed', name: 'x.jpg', error } });
    expect(textOf(element)).toContain(errorSentence(error));
    expect(textOf(element)).toContain('Choose another picture');
    expect(deepAll(element, '[role=alert]')).toHaveLength(1);
  });

  test('without a face it says what still moves, and takes five points', async () => {
    const { app, element } = await start({ ...opened, picture: openPicture(picture, false) });
    press(element, 'Place five points');
    await settle(element);
    const points = deepAll(element, 'sw-points button');
    expect(points).toHaveLength(5);
    press(element, 'Use these points');
    await settle(element);
    expect(app.named('setPoints')).toHaveLength(1);
    expect(deepAll(element, 'sw-points')).toHaveLength(0);
  });

  test('one with transparent parts offers the colour behind them', async () => {
    const see = pictureOf(await drawnPicture('image/png', true), 'picture-2');
    const { app, element } = await start({ picture: openPicture(see) });
    await expect.poll(() => deepAll(element, 'sw-matte').length).toBe(1);
    press(element, 'Ink');
    await settle(element);
    expect(app.named('setMatte').map((call) => call.args)).toEqual([['#161412']]);
  });

  test('a shape shows what of the picture is in the clip', async () => {
    const { app, element } = await start(opened);
    await change(element, app, { settings: { ...app.state.settings, aspect: '16:9' } });
    const crop = deep(element, 'sw-stage .crop', HTMLElement).getBoundingClientRect();
    const whole = deep(element, 'sw-stage .whole', HTMLElement).getBoundingClientRect();
    expect(crop.width / crop.height).toBeCloseTo(16 / 9, 1);
    expect(crop.height).toBeLessThan(whole.height);
    expect(textOf(element)).toContain('The bright part is in the clip');
  });

  test('another picture, and a lost renderer, get a canvas of their own', async () => {
    const { app, element } = await start(opened);
    const canvases = (): unknown[] =>
      app
        .named('attachPreview')
        .map((call) => call.args[0])
        .filter((canvas) => canvas !== null);
    expect(canvases()).toHaveLength(1);
    const second = pictureOf(picture.blob, 'picture-2');
    await change(element, app, { picture: openPicture(second) });
    expect(new Set(canvases()).size).toBe(2);
    app.lose?.();
    await settle(element);
    expect(new Set(canvases()).size).toBe(3);
  });

  test('what the pack cannot do is said before a clip is made', async () => {
    const { app, element } = await start(opened);
    const notices = [{ code: 'NOTICE_NO_HAND', message: 'No hand.' }];
    const score = {
      actions: [],
      camera: { kind: 'hold', intensity: 1, pace: 1 },
      pace: 1,
      sounds: [],
      constraints: [],
      unread: [],
      notices: [],
    } as const;
    await change(element, app, { score: { score, notices } });
    expect(textOf(element)).toContain('No hand is visible');
  });
});
