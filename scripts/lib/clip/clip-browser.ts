import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright';
import { launchBrowser, launchProfile } from '../browser.ts';
import { projectPath } from '../paths.ts';

/** A place for the pipeline's page. */
export interface ClipBrowser {
  readonly context: BrowserContext;
  /** Ends what was started for it, and removes what it kept. */
  close(): Promise<void>;
}

/** Where profiles lie for as long as a clip is made: beside the project, since a system's own folder may lie in memory. */
const PROFILES = projectPath('.cache/clip-profiles');

/** Whether a process lives that may still use its profile. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Removes profiles of processes that were killed before they could. */
async function sweep(): Promise<void> {
  for (const name of await readdir(PROFILES)) {
    const pid = Number(name.split('-')[0]);
    if (!Number.isInteger(pid) || pid <= 0 || lives(pid)) continue;
    await rm(join(PROFILES, name), { recursive: true, force: true });
  }
}

/**
 * A browser that keeps what sites keep on the disk: a plain one keeps it in memory, where a pack of gigabytes has no room.
 *
 * @throws ERR_ENV_UNSUPPORTED when there is no browser.
 */
async function openOnDisk(): Promise<ClipBrowser> {
  await mkdir(PROFILES, { recursive: true });
  await sweep();
  const folder = await mkdtemp(join(PROFILES, `${process.pid}-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const context = await launchProfile(folder);
    return {
      context,
      async close() {
        await context.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * Opens a place for the pipeline.
 *
 * @param given a browser to use; only the context is then closed.
 * @param onDisk whether a browser that is started here keeps what sites keep on the disk.
 * @throws ERR_ENV_UNSUPPORTED when there is no browser or it does not start.
 */
export async function openClipBrowser(given: Browser | undefined, onDisk: boolean): Promise<ClipBrowser> {
  if (given === undefined && onDisk) return openOnDisk();
  const browser = given ?? (await launchBrowser());
  const context = await browser.newContext();
  return { context, close: () => (given === undefined ? browser.close() : context.close()) };
}
