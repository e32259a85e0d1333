import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright';
import { launchBrowser } from '../../scripts/lib/browser.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { startServer } from '../../scripts/lib/static-server.ts';
import type { Raster } from './raster.ts';

/** A point in pixels of the picture; `z` in the same unit, smaller is nearer. */
export type Point = readonly [x: number, y: number, z: number];

/** 478 points in MediaPipe's order: 468 of the mesh, then the two irises. */
export type Landmarks = readonly Point[];

/** Follows one face from frame to frame. */
export interface Follower {
  /**
   * Landmarks of the next frame. Frames may be left out, as long as the face does not jump.
   *
   * @returns null where it sees no face
   */
  look(frame: Raster): Promise<Landmarks | null>;
}

/** MediaPipe's own face mesh in a browser of its own: an opinion that shares no code or weights file with ours. */
export interface Oracle {
  /**
   * Landmarks of an unrelated picture, searched afresh.
   *
   * @returns null when it sees no face
   */
  still(picture: Raster): Promise<Landmarks | null>;
  /** Starts to follow a face through frames of one film; ends whatever was followed before. */
  follow(): Follower;
  /** Ends the browser and its server. */
  close(): Promise<void>;
}

/** A new face is looked at this often, since each look refines the crop for the next until it settles. */
const FIRST_LOOKS = 6;

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
 * @throws ERR_ENV_UNSUPPORTED when there is no Chromium; Error when the runtime does not start within two minutes
 */
export async function openOracle(): Promise<Oracle> {
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
  const browser = await launchBrowser();
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
      still: (picture) => see(page, show, picture, true, FIRST_LOOKS),
      follow() {
        let fresh = true;
        return {
          look(frame) {
            const first = fresh;
            fresh = false;
            return see(page, show, frame, first, first ? FIRST_LOOKS : 1);
          },
        };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
