import { expect, test } from 'vitest';
import { Studio } from './lib/studio.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp();

test('everything works with the server gone, after one visit and one picture (F6)', async () => {
  const studio = new Studio(app.page);
  await studio.visit(app.url);
  await app.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await studio.open(await portraitPath());
  await studio.chooseFast();
  await studio.make();
  await studio.waitForClip();

  await app.server.close();
  await app.page.reload();
  await studio.expectClips(1);
  await app.page.getByRole('link', { name: 'Studio', exact: true }).click();
  await studio.open(await portraitPath());
  await studio.chooseFast();
  await studio.choosePreset('Look around');
  await studio.make();
  await studio.waitForClip();
  await studio.expectClips(2);
  expect(await studio.countRecords('clips')).toBe(2);
});
