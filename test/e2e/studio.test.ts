import { describe, expect, test } from 'vitest';
import { probe } from './lib/mp4-file.ts';
import { Studio } from './lib/studio.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp();

async function openStudio(): Promise<Studio> {
  const studio = new Studio(app.page);
  await studio.visit(app.url);
  return studio;
}

describe('the studio', () => {
  test('makes a clip two clicks after the first visit', async () => {
    const studio = await openStudio();
    await studio.openSample('Astronaut');
    await studio.make();
    await studio.waitForClip();
  });

  test('plays a motion at once, before anything is rendered (F7)', async () => {
    const studio = await openStudio();
    await studio.open(await portraitPath());
    const stage = app.page.locator('sw-stage .crop');
    await stage.locator('canvas').waitFor();
    await studio.choosePreset('Look around');
    const first = await stage.screenshot();
    await expect.poll(async () => first.equals(await stage.screenshot()), { timeout: 20_000 }).toBe(false);
    expect(await studio.countRecords('clips')).toBe(0);
  });

  test('keeps a clip over a reload, plays it, downloads it, and deletes it with an undo (F5)', async () => {
    const studio = await openStudio();
    await studio.open(await portraitPath());
    await studio.chooseFast();
    await studio.choosePreset('Smile and blink');
    await studio.make();
    await studio.waitForClip();
    await app.page.reload();
    await studio.expectClips(1);
    await app.page.getByRole('button', { name: /^Open / }).click();
    const video = app.page.locator('sw-clip-dialog video');
    await expect
      .poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState), { timeout: 20_000 })
      .toBeGreaterThanOrEqual(2);

    const downloading = app.page.waitForEvent('download');
    await app.page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/\.mp4$/);
    const path = app.path('downloaded.mp4');
    await download.saveAs(path);
    const { streams } = await probe(path);
    expect(streams[0]).toMatchObject({ codec_name: 'h264', r_frame_rate: '24/1', nb_read_frames: '72' });

    await app.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await app.page.getByText('1 clip deleted').waitFor();
    await studio.expectClips(0);
    await app.page.getByRole('button', { name: 'Undo' }).click();
    await studio.expectClips(1);
  });

  test('leaves nothing of a clip that is cancelled in the middle', async () => {
    const studio = await openStudio();
    await studio.open(await portraitPath());
    await studio.make();
    await studio.waitForMiddle();
    await app.page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await studio.makeButton.waitFor();
    await studio.expectClips(0);
    expect(await studio.countRecords('clips')).toBe(0);
    await app.page.reload();
    await studio.expectClips(0);
    expect(await app.page.getByText('was being made').count()).toBe(0);
  });

  test('queues further clips while the first is made, and makes them in order', async () => {
    const studio = await openStudio();
    await studio.open(await portraitPath());
    // It can't end before the others wait, however fast the machine is: it is cancelled, not waited for.
    await studio.chooseSlow();
    await studio.make();
    await studio.progress.waitFor();
    await app.page.getByRole('button', { name: 'Back to the picture' }).click();
    await studio.chooseFast();
    for (const preset of ['Breathing', 'Look around']) {
      await studio.choosePreset(preset);
      await app.page.getByRole('button', { name: /^Add to queue/ }).click();
    }
    const waiting = app.page.getByText('Waiting', { exact: true });
    await expect.poll(() => waiting.count(), { timeout: 30_000 }).toBe(2);
    await app.page.getByRole('button', { name: 'Cancel Gentle movement' }).click();
    await studio.expectClips(2);
    expect(await studio.countRecords('clips')).toBe(2);
  });

  test('offers a clip again that a reload broke off', async () => {
    const studio = await openStudio();
    await studio.open(await portraitPath());
    await studio.chooseFast();
    // Long enough to be still running when the next step comes, however fast the machine is.
    await app.page.getByRole('slider').fill('12');
    await studio.make();
    await studio.waitForMiddle();
    await app.page.reload();
    await app.page.getByText('A clip was being made when this page closed.').waitFor();
    expect(await studio.countRecords('clips')).toBe(0);
    await app.page.getByRole('button', { name: 'Start again' }).click();
    await studio.expectClips(1);
  });
});
