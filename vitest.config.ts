import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { CHROME_FLAGS, findChrome } from './scripts/lib/chrome.ts';
import { ISOLATION_HEADERS } from './scripts/lib/headers.ts';
import { LICENCE_COMMANDS } from './test/licence/browser-service.ts';
import { PACK_COMMANDS } from './test/unit/packs/pack-server.ts';

const chrome = findChrome();

export default defineConfig({
  test: {
    // A failure is never hidden by a second try.
    retry: 0,
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: [
            'src/**/*.test.ts',
            'models/**/*.test.ts',
            'license-api/**/*.test.ts',
            'scripts/**/*.test.ts',
            'test/{unit,bench}/**/*.test.ts',
          ],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
        server: { headers: { ...ISOLATION_HEADERS } },
        worker: { format: 'es' },
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // One page at a time: two software GPUs on two cores only slow each other down.
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: { ...LICENCE_COMMANDS, ...PACK_COMMANDS },
            provider: playwright({
              launchOptions: {
                args: [...CHROME_FLAGS],
                ...(chrome === null ? {} : { executablePath: chrome }),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts', 'test/effects/**/*.test.ts'],
          globalSetup: ['test/e2e/lib/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
