import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath } from './programs.ts';

const COMMON_FLAGS: readonly string[] = [
  '--enable-unsafe-webgpu',
  '--ignore-gpu-blocklist',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  // Containers give /dev/shm 64 MB, which a 1080p job outgrows.
  '--disable-dev-shm-usage',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/**
 * Flags that give headless Chromium a working software WebGPU and keep it off the network.
 * Without the Vulkan and ANGLE flags a WebGPU canvas is captured black.
 */
export const CHROME_FLAGS: readonly string[] = [
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
  ...COMMON_FLAGS,
];

/**
 * Flags that give headless Chromium the machine's own graphics card for WebGPU, and keep it off the network. On Linux through
 * Vulkan, for which the card's driver has to be there; no display is.
 */
export const GPU_FLAGS: readonly string[] = [
  ...(process.platform === 'linux'
    ? ['--use-angle=vulkan', '--use-vulkan=native', '--enable-features=Vulkan', '--disable-vulkan-surface']
    : []),
  '--force_high_performance_gpu',
  ...COMMON_FLAGS,
];

/** What to do when {@link findChrome} finds nothing; one line. */
export const CHROME_MISSING =
  'no Chrome or Chromium found: install one (on Debian: apt-get install chromium) or set CHROME_PATH to its program';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

function candidates(): string[] {
  const env = process.env;
  switch (process.platform) {
    case 'darwin':
      return ['/Applications', join(env['HOME'] ?? '/', 'Applications')].flatMap((root) => [
        join(root, 'Google Chrome.app/Contents/MacOS/Google Chrome'),
        join(root, 'Chromium.app/Contents/MacOS/Chromium'),
      ]);
    case 'win32':
      return [env['PROGRAMFILES'], env['PROGRAMFILES(X86)'], env['LOCALAPPDATA']]
        .filter((root) => root !== undefined)
        .flatMap((root) => [
          join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
          join(root, 'Chromium', 'Application', 'chrome.exe'),
        ]);
    default:
      return [
        '/usr/bin/chromium',
        '/usr/bin/chromium-browser',
        '/usr/bin/google-chrome',
        '/opt/google/chrome/chrome',
        '/snap/bin/chromium',
      ];
  }
}

/**
 * The installed Chrome or Chromium: `CHROME_PATH` first, then the usual places, then the search path.
 *
 * @returns the program's path, or null. A `CHROME_PATH` that does not exist is null too: a wrong wish is not overruled.
 */
export function findChrome(): string | null {
  const wished = process.env['CHROME_PATH'];
  if (wished !== undefined && wished !== '') return existsSync(wished) ? wished : null;
  return candidates().find((path) => existsSync(path)) ?? findOnPath(NAMES);
}
