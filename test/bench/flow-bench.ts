import { createReadStream, existsSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Page } from 'playwright';
import { browserMemory, watchPeak } from '../../scripts/lib/browser-memory.ts';
import { launchBrowser } from '../../scripts/lib/browser.ts';
import { SERVER_HEADERS } from '../../scripts/lib/headers.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { resolveInside, startServer, type RunningServer } from '../../scripts/lib/static-server.ts';
import { flowConstants, type FlowSize } from '../../src/contracts/flow.ts';
import { parsePack, type Pack } from '../../src/contracts/pack.ts';
import type { FlowMachine } from '../../src/contracts/render.api.ts';
import { flowTable, summariseFlow, type FlowRuns } from './flow-report.ts';
import type { FlowRequest, FlowTiming } from './page/bench.api.ts';

/** What {@link benchFlow} is told. */
export interface FlowBenchOptions {
  /** Folder of the built bench page. */
  readonly page: string;
  /** Folders of flow packs; those of `models/tiny` when there are none. */
  readonly folders: readonly string[];
  readonly gpu: boolean;
  readonly runs: number;
  readonly picture: string;
  readonly out: string;
}

const TINY = ['ltx', 'wan', 'learned'].map((name) => projectPath(`models/tiny/${name}`));
/** A small network at a size that it was not made for: its steps then take about as long as those of a large one. */
const STRETCHED: FlowSize = { width: 512, height: 512, frames: 65 };
const STRETCHED_PACK = 'tiny-ltx';

/** How long looking at the machine may take. */
const MACHINE_MS = 90_000;

/** A pack as it is served: from its folder, with the sizes that are measured. */
interface ServedPack {
  readonly folder: string;
  readonly pack: Pack;
  readonly label: string;
  readonly sizes: readonly FlowSize[];
}

const pixels = ({ width, height, frames }: FlowSize): number => width * height * frames;

/** The usual size of a pack and its largest. */
function ownSizes(pack: Pack): readonly FlowSize[] {
  const { sizes } = flowConstants(pack);
  const [usual] = sizes;
  const largest = [...sizes].sort((a, b) => pixels(b) - pixels(a))[0];
  return usual === undefined || largest === undefined || usual === largest
    ? sizes.slice(0, 1)
    : [usual, largest];
}

async function servedPacks(folders: readonly string[]): Promise<readonly ServedPack[]> {
  const wanted =
    folders.length > 0 ? folders.map((folder) => resolve(folder)) : TINY.filter((f) => existsSync(f));
  const served: ServedPack[] = [];
  for (const folder of wanted) {
    const pack = parsePack(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')));
    served.push({ folder, pack, label: pack.id, sizes: ownSizes(pack) });
    if (folders.length === 0 && pack.id === STRETCHED_PACK) {
      const constants = { ...pack.constants, sizes: [STRETCHED] };
      const large = { ...pack, limits: {}, constants };
      served.push({ folder, pack: large, label: `${pack.id}, stretched`, sizes: [STRETCHED] });
    }
  }
  return served;
}

/** Answers for packs: `/flow/INDEX/FILE`, their `pack.json` as it is measured. */
function packRoute(packs: readonly ServedPack[]) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, index, file] = /^\/flow\/(\d+)\/(.+)$/.exec(pathname) ?? [];
    const served = packs[Number(index)];
    if (served === undefined || file === undefined) return false;
    const headers = { ...SERVER_HEADERS, 'Content-Type': 'application/octet-stream' };
    if (file === 'pack.json') {
      response.writeHead(200, { ...headers, 'Content-Type': 'application/json' });
      response.end(JSON.stringify(served.pack));
      return true;
    }
    const path = resolveInside(served.folder, `/${file}`);
    if (path === null || !existsSync(path) || file === 'pack.sig') {
      response.writeHead(404, headers).end();
      return true;
    }
    response.writeHead(200, { ...headers, 'Content-Length': String(statSync(path).size) });
    await pipeline(createReadStream(path), response);
    return true;
  };
}

const job = (page: Page, request: FlowRequest): Promise<FlowTiming> =>
  page.evaluate(async (given) => {
    if (globalThis.bench === undefined) throw new Error('the bench page is not there');
    return globalThis.bench.flow(given);
  }, request);

/** A driver that isn't whole may leave the browser without an answer. */
async function tooLate(): Promise<never> {
  await new Promise((done) => setTimeout(done, MACHINE_MS).unref());
  throw new Error('the browser says nothing of its graphics card');
}

/** One pack at one size in a browser of its own. */
async function measure(
  server: RunningServer,
  index: number,
  { pack, label }: ServedPack,
  size: FlowSize,
  { gpu, runs }: FlowBenchOptions,
): Promise<{ runs: FlowRuns; machine: FlowMachine; browser: string; installMs: number }> {
  const browser = await launchBrowser({ gpu });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}bench.html`);
    await page.waitForFunction(() => globalThis.bench !== undefined);
    const provider: FlowRequest['provider'] = gpu ? 'webgpu' : undefined;
    // Not forced: a software adapter is answered as WebAssembly.
    const looking = page.evaluate(async () => {
      if (globalThis.bench === undefined) throw new Error('the bench page is not there');
      return globalThis.bench.machine();
    });
    const machine = await Promise.race([looking, tooLate()]);
    if (gpu && machine.provider !== 'webgpu') {
      throw new Error(`no graphics card that works with WebGPU here; adapter: ${machine.adapter}`);
    }
    const { installMs } = await page.evaluate(async (url) => {
      if (globalThis.bench === undefined) throw new Error('the bench page is not there');
      return globalThis.bench.install(url);
    }, `${server.url}flow/${index}/`);
    const request: FlowRequest = {
      pack,
      size,
      pictureUrl: `${server.url}job/picture`,
      ...(provider ? { provider } : {}),
    };
    const before = await browserMemory(browser);
    const peak = watchPeak(browser, 'rendererBytes');
    const cold = await job(page, request);
    const peakBytes = await peak.stop();
    const warm: FlowTiming[] = [];
    for (let run = 0; run < runs; run++) warm.push(await job(page, request));
    return {
      runs: { pack: label, size, cold, warm, peakBytes, beforeBytes: before?.rendererBytes ?? null },
      machine,
      browser: `Chromium ${browser.version()}`,
      installMs,
    };
  } finally {
    await browser.close();
  }
}

/** Measures flow packs and writes `flow.json` and `flow.md`. */
export async function benchFlow(options: FlowBenchOptions): Promise<void> {
  const packs = await servedPacks(options.folders);
  const server = await startServer({
    root: options.page,
    port: 0,
    mount: { '/job/picture': options.picture },
    route: packRoute(packs),
  });
  const measured: Awaited<ReturnType<typeof measure>>[] = [];
  try {
    for (const [index, served] of packs.entries()) {
      for (const size of served.sizes) {
        measured.push(await measure(server, index, served, size, options));
        console.log(`${served.label} ${size.width}×${size.height}×${size.frames} done`);
      }
    }
  } finally {
    await server.close();
  }
  const [first] = measured;
  if (first === undefined) return;
  const summary = measured.map(({ runs }) => summariseFlow(runs));
  const [cpu] = cpus();
  const { machine, browser } = first;
  const report = {
    at: new Date().toISOString(),
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpu?.model.trim() ?? '',
      cores: cpus().length,
      memoryBytes: totalmem(),
      browser,
      node: process.version,
      flow: machine,
    },
    summary,
    runs: measured.map(({ runs, installMs }) => ({ ...runs, installMs })),
  };
  await mkdir(options.out, { recursive: true });
  await writeFile(resolve(options.out, 'flow.json'), `${JSON.stringify(report, null, 2)}\n`);
  const { cpu: model, cores, memoryBytes } = report.machine;
  const probe = machine.probe === null ? '' : `, ${(machine.probe / 1e6).toFixed(1)} GFLOP/s by the probe`;
  const text = [
    flowTable(summary),
    '',
    `${model}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${browser};`,
    `graphs on ${machine.provider} (${machine.threads} threads)${probe}; adapter: ${machine.adapter}`,
  ].join('\n');
  await writeFile(resolve(options.out, 'flow.md'), `${text}\n`);
  console.log(`\n${text}\n\nwritten to ${options.out}`);
}
