import { chromium, type Browser, type BrowserContext } from 'playwright';
import { AppError } from '../../src/contracts/errors.ts';
import { CHROME_FLAGS, CHROME_MISSING, findChrome, GPU_FLAGS } from './chrome.ts';

/** What differs from a plain start. */
export interface LaunchSettings {
  readonly proxy?: { readonly server: string; readonly bypass: string };
  /** Further flags. */
  readonly args?: readonly string[];
  /** True: the machine's own graphics card, and not the software one that every machine has. */
  readonly gpu?: boolean;
}

const quiet = { headless: true, handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false } as const;

async function start<T>(launch: (executablePath: string) => Promise<T>): Promise<T> {
  const executablePath = findChrome();
  if (executablePath === null) throw new AppError('ERR_ENV_UNSUPPORTED', CHROME_MISSING);
  try {
    return await launch(executablePath);
  } catch (cause) {
    throw new AppError('ERR_ENV_UNSUPPORTED', `${executablePath} does not start`, {
      details: { say: `${executablePath} does not start` },
      cause,
    });
  }
}

/**
 * Starts the installed browser without a window. Signals are left to the caller, who has files to clean up.
 *
 * @throws ERR_ENV_UNSUPPORTED when there is no browser or it does not start.
 */
export async function launchBrowser(options: LaunchSettings = {}): Promise<Browser> {
  return start((executablePath) =>
    chromium.launch({
      ...quiet,
      executablePath,
      args: [...(options.gpu === true ? GPU_FLAGS : CHROME_FLAGS), ...(options.args ?? [])],
      ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
    }),
  );
}

/**
 * Starts the installed browser with a folder of its own, where sites keep files on disk: without one they keep them in memory.
 *
 * @throws ERR_ENV_UNSUPPORTED when there is no browser or it does not start.
 */
export async function launchProfile(folder: string): Promise<BrowserContext> {
  return start((executablePath) =>
    chromium.launchPersistentContext(folder, { ...quiet, executablePath, args: [...CHROME_FLAGS] }),
  );
}
