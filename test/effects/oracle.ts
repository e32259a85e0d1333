import { readFile } from 'node:fs/promises';
import { chromium, type Page } from 'playwright';
import { CHROME_FLAGS, CHROME_MISSING, findChrome } from '../../scripts/lib/chrome.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { startServer } from '../../scripts/lib/static-server.ts';
import type { Raster } from './raster.ts';

/** A point in pixels of the picture; `z` in the same unit, smaller is nearer. */
export type Point = readonly [x: number, y: number, z: number];

/** 478 points in MediaPipe's order: 468 of the mesh, then the two irises. */
export type Landmarks = readonly Point[];

/** MediaPipe's own face mesh in a browser of its own: an opinion that shares no code or weights file with ours. */
export interface Oracle {
  /**
   * Landmarks of an unrelated picture, searched afresh.
   *
   * @returns null when it sees no face
   */
  still(picture: Raster): Promise<Landmarks | null>;
  /**
   * Landmarks of frames that follow one another; the face is tracked from frame to frame.
   *
   * @returns one entry a frame, null where it sees no face
   */
  frames(frames: AsyncIterable<Raster> | Iterable<Raster>): Promise<(Landmarks | null)[]>;
  /** Ends the browser and its server. */
  close(): Promise<void>;
}

/** A still is looked at this often, since the second and third look refine the crop of the first. */
const STILL_LOOKS = 3;

declare function landmarks(
  url: string,
  width: number,
  height: number,
  fresh: boolean,
  repeats: number,
): Promise<[number, number, number][] | null>;

async function see(
  page: Page,
  show: (raster: Raster) => string,
  raster: Raster,
  fresh: boolean,
  looks: number,
): Promise<Landmarks | null> {
  const { width, height } = raster;
  const points = await page.evaluate(
    ({ url, width, height, fresh, looks }) => landmarks(url, width, height, fresh, looks),
    { url: show(raster), width, height, fresh, looks },
  );
  return points?.map(([x, y, z]): Point => [x * width, y * height, z * width]) ?? null;
}

/**
 * Starts the oracle: a server of its own on this machine and a headless Chromium.
 *
 * @throws Error when there is no Chromium or the runtime does not start within two minutes
 */
export async function openOracle(): Promise<Oracle> {
  const executablePath = findChrome();
  if (executablePath === null) throw new Error(CHROME_MISSING);
  const html = await readFile(projectPath('test/effects/oracle-page.html'));
  let shown: { readonly id: number; readonly raster: Raster } | null = null;
  let count = 0;
  const server = await startServer({
    root: projectPath('node_modules/@mediapipe/face_mesh'),
    port: 0,
    route(request, response) {
      if (request.url === '/') {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
        return true;
      }
      if (shown === null || request.url !== `/raster/${shown.id}`) return false;
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      response.end(shown.raster.data);
      return true;
    },
  });
  const browser = await chromium.launch({ executablePath, headless: true, args: [...CHROME_FLAGS] });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(server.url);
    const show = (raster: Raster): string => {
      shown = { id: count++, raster };
      return `/raster/${shown.id}`;
    };
    return {
      still: (picture) => see(page, show, picture, true, STILL_LOOKS),
      async frames(frames) {
        const out: (Landmarks | null)[] = [];
        for await (const frame of frames) {
          const first = out.length === 0;
          out.push(await see(page, show, frame, first, first ? STILL_LOOKS : 1));
        }
        return out;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
