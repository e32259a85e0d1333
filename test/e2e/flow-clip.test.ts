import { test } from 'vitest';
import { projectPath } from '../../scripts/lib/paths.ts';
import { Studio } from './lib/studio.ts';
import { useApp } from './lib/use-app.ts';

const LEARNED = projectPath('models/tiny/learned');
const app = useApp();

test('a clip by an installed flow pack, from the page of packs to the gallery', async () => {
  const { page } = app;
  const studio = new Studio(page);
  await page.goto(`${app.url}#/packs`);
  const choosing = page.waitForEvent('filechooser', { timeout: 20_000 });
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await (await choosing).setFiles(LEARNED);
  await page.getByRole('checkbox', { name: 'I accept this licence' }).check();
  await page.getByRole('checkbox', { name: /I know where it comes from/ }).check();
  await page.getByRole('button', { name: /^Install ·/ }).click();
  await page.getByRole('button', { name: /^Use for clips/ }).click({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Open Yellow jumper' }).click();
  await page.getByText('Shows a preview while it works').waitFor({ timeout: 60_000 });
  await studio.chooseFast();
  await page.getByText(/^Fits; about/).waitFor({ timeout: 30_000 });
  await studio.make();
  await studio.waitForClip();
  await studio.expectClips(1);
}, 240_000);
