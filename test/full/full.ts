import { cpus, tmpdir, totalmem } from 'node:os';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BrowserContext, JSHandle } from 'playwright';
import { build } from 'vite';
import { watchPeak } from '../../scripts/lib/browser-memory.ts';
import { launchProfile } from '../../scripts/lib/browser.ts';
import { copyRuntime } from '../../scripts/lib/build-app.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { startServer, type RunningServer } from '../../scripts/lib/static-server.ts';
import { parsePack } from '../../src/contracts/pack.ts';
import { Bench, SIZE } from './bench.ts';
import { BUILDS, type FullApi } from './page/full.api.ts';
import { fullText, type FullReport } from './report.ts';

declare global {
  /** Set by the page. */
  var full: FullApi | undefined;
}

const USAGE = `npm run full -- --pack FOLDER [--run] [--builds wasm,jspi,webgpu] [--graphs ID,ID] [--how alone,together]
                   [--minutes 10] [--profile FOLDER] [--out FOLDER]

Installs a pack into the browser from a server on this machine; opens each of its graphs for 512×320×25 in a worker of its
own, and all of them in one; with --run runs each once on WebAssembly, the decoder on 4×4 cells. Prints what
WebAssembly's memory came to beside what the memory plan says. No graph may take longer than --minutes. --profile keeps the
browser's folder, and the pack in it, for the next time. Writes full.json and full.md (out/full without --out).`;

const BUILT = projectPath('.cache/full');

async function buildPage(): Promise<void> {
  await copyRuntime();
  await build({
    configFile: projectPath('vite.config.ts'),
    root: projectPath('test/full/page'),
    publicDir: projectPath('public'),
    logLevel: 'warn',
    build: {
      outDir: BUILT,
      emptyOutDir: true,
      rolldownOptions: { input: projectPath('test/full/page/full.html') },
    },
    plugins: [],
  });
}

/** Every file of a folder by the path that it is served at. */
async function mountOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Object.fromEntries(files.map((name) => [`/pack/${name}`, join(folder, name)]));
}

async function openPage(context: BrowserContext, server: RunningServer): Promise<JSHandle<FullApi>> {
  const page = await context.newPage();
  await page.goto(`${server.url}full.html`);
  await page.waitForFunction(() => globalThis.full !== undefined);
  return page.evaluateHandle(() => {
    if (globalThis.full === undefined) throw new Error('the page is not there');
    return globalThis.full;
  });
}

function machine(version: string): string {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpu?.model.trim() ?? ''}, ${cpus().length} cores, ${memory} GiB, Chromium ${version}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pack: { type: 'string' },
      run: { type: 'boolean', default: false },
      builds: { type: 'string', default: 'wasm' },
      how: { type: 'string', default: 'alone,together' },
      graphs: { type: 'string', default: '' },
      minutes: { type: 'string', default: '10' },
      profile: { type: 'string' },
      out: { type: 'string', default: projectPath('out/full') },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const builds = BUILDS.filter((name) => values.builds.split(',').includes(name));
  if (values.help === true || values.pack === undefined || builds.length === 0) {
    console.log(USAGE);
    return;
  }
  await buildPage();
  const folder = resolve(values.pack);
  const pack = parsePack(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')));
  const profile = values.profile ?? (await mkdtemp(join(tmpdir(), 'stillwake-full-')));
  await mkdir(profile, { recursive: true });
  const server = await startServer({ root: BUILT, port: 4820, mount: await mountOf(folder) });
  const context = await launchProfile(profile);
  try {
    const browser = context.browser();
    if (browser === null) throw new Error('the browser says nothing of itself');
    const full = await openPage(context, server);
    const peak = watchPeak(browser);
    const came = await full.evaluate((api, url) => api.install(url), `${server.url}pack/`);
    const installed = { ...came, peakBytes: await peak.stop() };
    console.log(`installed in ${((came.transferMs + came.verifyMs) / 1000).toFixed(1)} s`);
    const graphs = values.graphs === '' ? [] : values.graphs.split(',');
    const bench = new Bench(full, browser, pack, 60_000 * Number(values.minutes), graphs);
    const how = values.how.split(',');
    for (const name of builds) {
      const runs = values.run && name === 'wasm';
      if (how.includes('alone')) await bench.alone(name, runs);
      if (how.includes('together')) await bench.together(name, runs);
    }
    const report: FullReport = {
      pack: basename(folder),
      size: SIZE,
      machine: machine(browser.version()),
      installed,
      lines: bench.lines,
    };
    await mkdir(values.out, { recursive: true });
    await writeFile(join(values.out, 'full.json'), `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(join(values.out, 'full.md'), `${fullText(report)}\n`);
    console.log(`\n${fullText(report)}\n\nwritten to ${values.out}`);
  } finally {
    await context.close();
    await server.close();
    if (values.profile === undefined) await rm(profile, { recursive: true, force: true });
  }
}

await main();
