import { chromium, type Browser, type LaunchOptions } from 'playwright';
import { AppError } from '../../src/contracts/errors.ts';
import { CHROME_FLAGS, CHROME_MISSING, findChrome } from './chrome.ts';

/**
 * Starts the installed browser without a window. Signals are left to the caller, who has files to clean up.
 *
 * @param options what differs from a plain start.
 * @throws ERR_ENV_UNSUPPORTED when there is no browser or it does not start.
 */
export async function launchBrowser(options: Pick<LaunchOptions, 'proxy'> = {}): Promise<Browser> {
  const executablePath = findChrome();
  if (executablePath === null) throw new AppError('ERR_ENV_UNSUPPORTED', CHROME_MISSING);
  try {
    return await chromium.launch({
      ...options,
      executablePath,
      args: [...CHROME_FLAGS],
      headless: true,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
  } catch (cause) {
    throw new AppError('ERR_ENV_UNSUPPORTED', `${executablePath} does not start`, {
      details: { say: `${executablePath} does not start` },
      cause,
    });
  }
}
