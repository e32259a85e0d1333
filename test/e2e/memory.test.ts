import { expect, test } from 'vitest';
import { browserMemory } from '../../scripts/lib/browser-memory.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp({ args: ['--enable-blink-features=ForceEagerMeasureMemory'] });

const CLIPS = 12;
/** Clips after which everything that is made once is there: workers, sessions, textures, encoder, compiled code. */
const WARM = 4;
/** 72 frames of 480×480 in 4:2:0 are 25 MB: whoever keeps the frames of even one clip in eight is found out. */
const GROWTH_BYTES = 3e6;
/** The system's own count moves by what allocators keep for later. */
const RESIDENT_GROWTH_BYTES = 80e6;

test(`memory does not grow over ${CLIPS} clips (X4)`, { timeout: 400_000 }, async () => {
  const picture = await portraitPath();
  const page = await app.clipPage();
  const pageBytes = (): Promise<number> =>
    page.evaluate(async () => (await performance.measureUserAgentSpecificMemory()).bytes);
  let warm = { page: 0, resident: 0 };
  for (let index = 1; index <= CLIPS; index++) {
    const args = ['--preset', 'gentle-movement', '--seed', String(index), '--aspect', '1:1'];
    const size = ['--resolution', '480p', '--fps', '24', '--out', app.path('loop.mp4')];
    expect(await app.clip(picture, ...args, ...size)).toMatchObject({ status: 0, err: '' });
    if (index !== WARM) continue;
    warm = { page: await pageBytes(), resident: (await browserMemory(app.browser))?.totalBytes ?? 0 };
  }
  expect((await pageBytes()) - warm.page).toBeLessThan(GROWTH_BYTES);
  const memory = await browserMemory(app.browser);
  if (memory !== null) expect(memory.totalBytes - warm.resident).toBeLessThan(RESIDENT_GROWTH_BYTES);
});
