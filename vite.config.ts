import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';
import { ISOLATION_HEADERS } from './scripts/lib/headers.ts';
import { serviceWorkerPlugin } from './scripts/lib/service-worker-plugin.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
/** `index.html` is the application; `headless.html` is the same pipeline without an interface, for the command line. */
const pages = ['index', 'headless'].filter((name) => existsSync(here(`./${name}.html`)));

export default defineConfig({
  base: './',
  // The runtime's wasm files are served from `ort/`, so that the bundler need not emit copies of them.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es' },
  server: { headers: { ...ISOLATION_HEADERS } },
  preview: { headers: { ...ISOLATION_HEADERS } },
  plugins: [serviceWorkerPlugin(here('./workers/service-worker.ts'))],
  build: {
    target: 'es2023',
    outDir: 'dist',
    sourcemap: false,
    // A preload helper would be one more script before the first click, and every browser we support preloads modules.
    modulePreload: { polyfill: false },
    rolldownOptions: { input: Object.fromEntries(pages.map((name) => [name, here(`./${name}.html`)])) },
  },
});
