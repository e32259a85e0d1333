import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { build, type Plugin, type Rollup } from 'vite';

/** One file of the built application, as `workers/service-worker.ts` sees it in `__BUILD_FILES__`. */
interface BuildFile {
  /** Relative to the application's root, with forward slashes. */
  readonly url: string;
  /** First 16 digits of the content's SHA-256. */
  readonly revision: string;
  readonly bytes: number;
  /** True for what the first page needs before a click: the page, its scripts and styles, icons and manifest. */
  readonly initial: boolean;
}

/** {@link BuildFile.revision} of a file's content. */
export function fileRevision(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Script files that `index.html` loads by itself, without what is imported later on demand. */
function initialFiles(bundle: Rollup.OutputBundle): Set<string> {
  const initial = new Set<string>(['index.html']);
  const visit = (fileName: string): void => {
    if (initial.has(fileName)) return;
    initial.add(fileName);
    const chunk = bundle[fileName];
    if (chunk?.type !== 'chunk') return;
    chunk.imports.forEach(visit);
    chunk.viteMetadata?.importedCss.forEach((css) => initial.add(css));
  };
  for (const item of Object.values(bundle)) {
    if (item.type === 'chunk' && item.isEntry && item.name === 'index') visit(item.fileName);
  }
  return initial;
}

/**
 * Builds the service worker as one classic script at the application's root, after everything else, with the list of
 * the built files in `__BUILD_FILES__` and their common hash in `__BUILD_HASH__`.
 *
 * @param entry path of its source; nothing is built while it does not exist.
 */
export function serviceWorkerPlugin(entry: string): Plugin {
  let outDir = 'dist';
  let initial = new Set<string>();
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      outDir = resolve(config.root, config.build.outDir);
    },
    writeBundle(_options, bundle) {
      initial = initialFiles(bundle);
    },
    closeBundle: {
      sequential: true,
      order: 'post',
      async handler() {
        if (!existsSync(entry)) return;
        const files: BuildFile[] = [];
        for (const path of (await filesBelow(outDir)).sort()) {
          const url = relative(outDir, path).split(sep).join('/');
          if (url === 'service-worker.js') continue;
          const data = await readFile(path);
          const revision = fileRevision(data);
          const isShell = /^(icons\/|manifest)/.test(url) || url.endsWith('.webmanifest');
          files.push({ url, revision, bytes: data.byteLength, initial: initial.has(url) || isShell });
        }
        const hash = fileRevision(JSON.stringify(files));
        await build({
          configFile: false,
          logLevel: 'warn',
          publicDir: false,
          define: { __BUILD_FILES__: JSON.stringify(files), __BUILD_HASH__: JSON.stringify(hash) },
          build: {
            outDir,
            emptyOutDir: false,
            copyPublicDir: false,
            lib: { entry, formats: ['iife'], name: 'serviceWorker', fileName: () => 'service-worker.js' },
          },
        });
      },
    },
  };
}
