import { mkdir } from 'node:fs/promises';
import { PRESETS } from '../src/contracts/settings.ts';
import { launchBrowser } from './lib/browser.ts';
import { buildApp, DIST, stepLine } from './lib/build-app.ts';
import { projectPath } from './lib/paths.ts';
import { startServer } from './lib/static-server.ts';

/** The sample that this project drew itself, so that the picture of the application holds nobody else's work. */
const SAMPLE = 'Open Yellow jumper';
const OUT = projectPath('docs/studio.jpg');

await buildApp((step) => console.log(stepLine(step)));
const server = await startServer({ root: DIST, port: 0 });
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  await page.goto(server.url);
  await page.getByRole('button', { name: SAMPLE }).click();
  await page.getByText(/^Live preview/).waitFor({ timeout: 120_000 });
  await page.getByRole('radio', { name: 'Smile and blink' }).click();
  // Every tile of the strip shows its own still once the engine has drawn them one after another.
  await page
    .locator('sw-preset-strip canvas')
    .nth(PRESETS.length - 1)
    .waitFor({ timeout: 120_000 });
  await mkdir(projectPath('docs'), { recursive: true });
  await page.screenshot({ path: OUT, type: 'jpeg', quality: 85 });
  console.log(`written to ${OUT}`);
} finally {
  await browser.close();
  await server.close();
}
