import { cpus, totalmem } from 'node:os';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright';
import { build } from 'vite';
import { watchPeak } from '../../scripts/lib/browser-memory.ts';
import { launchBrowser } from '../../scripts/lib/browser.ts';
import { buildApp, stepLine } from '../../scripts/lib/build-app.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { startServer, type RunningServer } from '../../scripts/lib/static-server.ts';
import {
  DEFAULT_SETTINGS,
  RESOLUTIONS,
  type ClipSettings,
  type Resolution,
} from '../../src/contracts/settings.ts';
import { benchFlow } from './flow-bench.ts';
import type { AloneTiming, BenchApi, ClipTiming } from './page/bench.api.ts';
import { summarise, table, type Machine, type SizeRuns } from './report.ts';

declare global {
  /** Set by the bench page. */
  var bench: BenchApi | undefined;
}

const USAGE = `npm run bench -- [--runs 3] [--seconds 3] [--picture FILE] [--out FOLDER] [480p 720p 1080p]
npm run bench -- --flow [--gpu] [--runs 3] [--picture FILE] [--out FOLDER] [PACK FOLDERS]

Measures whole clips beside encoding the same frames alone, in alternating order in one browser for each size, and
writes bench.json and bench.md to the folder (out/bench without --out).

With --flow: three seconds by each flow pack, those of models/tiny without folders, and how the time is shared between
sessions and what lies between them; writes flow.json and flow.md. --gpu runs them on this machine's graphics card.`;

const BUILT = projectPath('.cache/bench');

async function buildPage(): Promise<void> {
  await buildApp((step) => console.log(stepLine(step)));
  await build({
    configFile: projectPath('vite.config.ts'),
    root: projectPath('test/bench/page'),
    publicDir: projectPath('public'),
    logLevel: 'warn',
    build: {
      outDir: BUILT,
      emptyOutDir: true,
      rolldownOptions: { input: projectPath('test/bench/page/bench.html') },
    },
    plugins: [],
  });
}

async function openPage(browser: Browser, server: RunningServer): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${server.url}bench.html`);
  await page.waitForFunction(() => globalThis.bench !== undefined);
  return page;
}

type Call = readonly [pictureUrl: string, settings: ClipSettings];

const clip = (page: Page, call: Call): Promise<ClipTiming> =>
  page.evaluate(async ([url, settings]) => {
    if (globalThis.bench === undefined) throw new Error('the bench page is not there');
    return globalThis.bench.clip(url, settings);
  }, call);

const collect = (page: Page, call: Call): Promise<number> =>
  page.evaluate(async ([url, settings]) => {
    if (globalThis.bench === undefined) throw new Error('the bench page is not there');
    return globalThis.bench.collect(url, settings);
  }, call);

const alone = (page: Page, settings: ClipSettings): Promise<AloneTiming> =>
  page.evaluate(async (given) => {
    if (globalThis.bench === undefined) throw new Error('the bench page is not there');
    return globalThis.bench.alone(given);
  }, settings);

/** One size in a browser of its own: a cold clip, then whole clips and encoding alone by turns, each first every other time. */
async function measure(
  server: RunningServer,
  settings: ClipSettings,
  runs: number,
): Promise<{ runs: SizeRuns; browser: string }> {
  const browser = await launchBrowser();
  try {
    const page = await openPage(browser, server);
    const call: Call = [`${server.url}job/picture`, settings];
    const peak = watchPeak(browser);
    const cold = await clip(page, call);
    const peakBytes = await peak.stop();
    await collect(page, call);
    const warm: ClipTiming[] = [];
    const aloneRuns: AloneTiming[] = [];
    for (let run = 0; run < runs; run++) {
      const turns = [
        async () => warm.push(await clip(page, call)),
        async () => aloneRuns.push(await alone(page, settings)),
      ];
      for (const turn of run % 2 === 0 ? turns : turns.reverse()) await turn();
    }
    const { resolution } = settings;
    return {
      runs: { resolution, cold, warm, alone: aloneRuns, peakBytes },
      browser: `Chromium ${browser.version()}`,
    };
  } finally {
    await browser.close();
  }
}

function wanted(positionals: readonly string[]): readonly Resolution[] {
  return positionals.length === 0 ? RESOLUTIONS : RESOLUTIONS.filter((size) => positionals.includes(size));
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '3' },
      picture: { type: 'string', default: projectPath('public/samples/astronaut.png') },
      out: { type: 'string', default: projectPath('out/bench') },
      flow: { type: 'boolean', default: false },
      gpu: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const sizes = values.flow ? [] : wanted(positionals);
  if (values.help === true || (sizes.length === 0 && !values.flow)) {
    console.log(USAGE);
    return;
  }
  await buildPage();
  const picture = resolve(values.picture);
  if (values.flow) {
    const { gpu, out } = values;
    const runs = Math.max(1, Number(values.runs));
    await benchFlow({ page: BUILT, folders: positionals, gpu, runs, picture, out });
    return;
  }
  const server = await startServer({ root: BUILT, port: 0, mount: { '/job/picture': picture } });
  const results: SizeRuns[] = [];
  let browser = '';
  try {
    for (const resolution of sizes) {
      const settings: ClipSettings = {
        ...DEFAULT_SETTINGS,
        motion: { kind: 'preset', preset: 'gentle-movement' },
        seconds: Number(values.seconds),
        resolution,
      };
      const measured = await measure(server, settings, Math.max(1, Number(values.runs)));
      results.push(measured.runs);
      browser = measured.browser;
      console.log(`${resolution} done`);
    }
  } finally {
    await server.close();
  }
  const [first] = results;
  if (first === undefined) return;
  const [cpu] = cpus();
  const machine: Machine = {
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model.trim() ?? '',
    cores: cpus().length,
    memoryBytes: totalmem(),
    browser,
    node: process.version,
    capabilities: first.cold.capabilities,
  };
  const summary = results.map(summarise);
  const report = {
    at: new Date().toISOString(),
    picture: basename(picture),
    seconds: Number(values.seconds),
    machine,
  };
  await mkdir(values.out, { recursive: true });
  const json = JSON.stringify({ ...report, summary, runs: results }, null, 2);
  await writeFile(resolve(values.out, 'bench.json'), `${json}\n`);
  const { provider, renderer, adapter, threads } = machine.capabilities;
  const text = [
    table(summary),
    '',
    `${machine.cpu}, ${machine.cores} cores, ${(machine.memoryBytes / 2 ** 30).toFixed(0)} GiB, ${browser};`,
    `networks on ${provider} (${threads} threads), drawn by ${renderer}; adapter: ${adapter || 'none'}`,
  ].join('\n');
  await writeFile(resolve(values.out, 'bench.md'), `${text}\n`);
  console.log(`\n${text}\n\nwritten to ${values.out}`);
}

await main();
