import type { Browser, JSHandle } from 'playwright';
import { watchPeak } from '../../scripts/lib/browser-memory.ts';
import { FLOW_GRAPHS, flowConstants } from '../../src/contracts/flow.ts';
import type { Pack, PackGraph } from '../../src/contracts/pack.ts';
import type { DecodeTile } from '../../src/core/flow/decode.ts';
import { flowShape } from '../../src/core/flow/layout.ts';
import {
  graphMemory,
  heapTogether,
  memoryPlan,
  weightBytes,
  type DeviceLimits,
  type GraphMemory,
} from '../../src/core/flow/memory.ts';
import type { Build, FullApi, Measured, Wish } from './page/full.api.ts';
import { lineText, type FullLine } from './report.ts';

/** The clip that everything is measured for. */
export const SIZE = { width: 512, height: 320, frames: 25 };
/** What the decoder is run on: its share of the picture's pixels is known, and its time bearable on a processor. */
const RUN_TILE: DecodeTile = { rows: 4, columns: 4 };
/** Order of a job. */
const ORDER: readonly string[] = [
  FLOW_GRAPHS.textEncoder,
  FLOW_GRAPHS.context,
  FLOW_GRAPHS.encode,
  FLOW_GRAPHS.step,
  FLOW_GRAPHS.decode,
];

/** What the plan is told about a machine that has enough of everything but WebAssembly's memory. */
const limitsOf = (build: Build): DeviceLimits => ({
  provider: build === 'wasm' ? 'wasm' : 'webgpu',
  maxBufferSize: 2 ** 31,
  maxStorageBufferBindingSize: 2 ** 31,
  streams: build === 'jspi',
});

/** What a person is told of what went wrong, in one line. */
function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? '';
}

/** Opens and runs the graphs of one installed pack, and keeps what was measured. */
export class Bench {
  readonly lines: FullLine[] = [];
  readonly #full: JSHandle<FullApi>;
  readonly #browser: Browser;
  readonly #pack: Pack;
  readonly #limitMs: number;
  readonly #graphs: readonly PackGraph[];

  /** @param limitMs longest that a graph may take to open or to run. @param only ids of graphs; all when empty. */
  constructor(
    full: JSHandle<FullApi>,
    browser: Browser,
    pack: Pack,
    limitMs: number,
    only: readonly string[] = [],
  ) {
    this.#full = full;
    this.#browser = browser;
    this.#pack = pack;
    this.#limitMs = limitMs;
    this.#graphs = ORDER.flatMap((id) => pack.graphs.filter((graph) => graph.id === id)).filter(
      ({ id }) => only.length === 0 || only.includes(id),
    );
  }

  /** Opens every graph in a worker of its own. @param runs whether it also runs, the decoder in a small tile. */
  async alone(build: Build, runs: boolean): Promise<void> {
    for (const graph of this.#graphs) {
      await this.#start(build);
      await this.#measure(build, 'alone', [graph], runs);
      await this.#end();
    }
  }

  /** Opens one graph after another in one worker and keeps them all. */
  async together(build: Build, runs: boolean): Promise<void> {
    await this.#start(build);
    for (const last of this.#graphs.keys()) {
      const { failed } = await this.#measure(build, 'together', this.#graphs.slice(0, last + 1), runs);
      if (failed !== null) break;
    }
    await this.#end();
  }

  async #start(build: Build): Promise<void> {
    await this.#full.evaluate((full, args) => full.start(...args), [build, this.#pack.id] as const);
  }

  async #end(): Promise<void> {
    await this.#full.evaluate((full) => full.end());
  }

  /** Waits no longer than the limit. */
  async #within<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const said = `not done after ${this.#limitMs / 60_000} min`;
      timer = setTimeout(() => reject(new Error(said)), this.#limitMs);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #wish(build: Build, runs: boolean): Wish {
    const constants = flowConstants(this.#pack);
    const { decodeTile } = memoryPlan(this.#pack, constants, SIZE, limitsOf(build), true);
    return { size: SIZE, tile: runs ? RUN_TILE : decodeTile };
  }

  #memory(build: Build, graph: PackGraph, wish: Wish): GraphMemory {
    const constants = flowConstants(this.#pack);
    const { latentHeight, latentWidth } = flowShape(constants, SIZE);
    const cells = Math.min(wish.tile.rows, latentHeight) * Math.min(wish.tile.columns, latentWidth);
    const share = graph.id === FLOW_GRAPHS.decode ? cells / (latentHeight * latentWidth) : 1;
    return graphMemory(this.#pack, constants, SIZE, limitsOf(build), graph, share);
  }

  /** Opens, and perhaps runs, the last of the graphs beside the others, which are open already. */
  async #measure(
    build: Build,
    how: FullLine['how'],
    graphs: readonly PackGraph[],
    runs: boolean,
  ): Promise<FullLine> {
    const graph = graphs.at(-1);
    if (!graph) throw new Error('no graph');
    const wish = this.#wish(build, runs);
    const memories = graphs.map((one) => this.#memory(build, one, wish));
    const { provider } = limitsOf(build);
    // Those before have run where this one will.
    const before = memories.map((memory, i) =>
      runs && i < graphs.length - 1 ? memory : { ...memory, run: 0 },
    );
    const call = [graph.id, wish] as const;
    const peak = watchPeak(this.#browser);
    let opened: Measured | null = null;
    let ran: Measured | null = null;
    let failed: string | null = null;
    try {
      opened = await this.#within(this.#full.evaluate((full, args) => full.open(...args), call));
      if (runs) ran = await this.#within(this.#full.evaluate((full, args) => full.run(...args), call));
    } catch (error) {
      failed = firstLine(error);
    }
    const line: FullLine = {
      build,
      how,
      graph: graph.id,
      stored: weightBytes(graph),
      predictedOpen: heapTogether(provider, graphs, before),
      predictedRun: heapTogether(provider, graphs, memories),
      heapOpen: opened?.heapBytes ?? null,
      heapRun: ran?.heapBytes ?? null,
      openMs: opened?.ms ?? null,
      runMs: ran?.ms ?? null,
      peakBytes: await peak.stop(),
      failed,
    };
    console.log(lineText(line));
    this.lines.push(line);
    return line;
  }
}
