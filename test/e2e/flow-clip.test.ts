import { test } from 'vitest';
import { projectPath } from '../../scripts/lib/paths.ts';
import { Studio } from './lib/studio.ts';
import { useApp } from './lib/use-app.ts';

const LEARNED = projectPath('models/tiny/learned');
const app = useApp();

/** Installs the pack on the page of packs and chooses it. */
async function install(): Promise<void> {
  const { page } = app;
  await page.goto(`${app.url}#/packs`);
  const choosing = page.waitForEvent('filechooser', { timeout: 20_000 });
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await (await choosing).setFiles(LEARNED);
  await page.getByRole('checkbox', { name: 'I accept this licence' }).check();
  await page.getByRole('checkbox', { name: /I know where it comes from/ }).check();
  await page.getByRole('button', { name: /^Install ·/ }).click();
  await page.getByRole('button', { name: /^Use for clips/ }).click({ timeout: 30_000 });
}

/** Opens a picture while a flow pack is chosen. */
async function open(): Promise<void> {
  await app.page.getByRole('button', { name: 'Open Yellow jumper' }).click();
  await app.page.getByText('Shows a preview while it works').waitFor({ timeout: 60_000 });
}

test('a clip by an installed flow pack, from the page of packs to the gallery', async () => {
  const { page } = app;
  const studio = new Studio(page);
  await install();
  await open();
  await studio.chooseFast();
  await page.getByText(/^Fits; about/).waitFor({ timeout: 30_000 });
  await studio.make();
  await studio.waitForClip();
  await studio.expectClips(1);
}, 240_000);

test('a clip whose tab was closed is offered again by the next one, and made', async () => {
  await install();
  await open();
  const studio = new Studio(app.page);
  await studio.chooseFast();
  await app.page.getByRole('slider').fill('15');
  await studio.make();
  await studio.waitForMiddle();
  await app.page.close();

  const page = await app.context.newPage();
  const again = new Studio(page);
  await again.visit(app.url);
  await page.getByText('A clip was being made when this page closed.').waitFor();
  await page.getByRole('button', { name: 'Start again' }).click();
  await again.waitForClip();
  await again.expectClips(1);
}, 240_000);
