import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { FlowProgress } from './engine.ts';

/** Work of a clip, graph by graph; null where nobody knows it. */
export type WorkList = readonly {
  readonly graph: { readonly id: string };
  readonly runs: number;
  readonly work: number | null;
}[];

type Shares = Readonly<Record<FlowProgress['stage'], number>>;

/** Where a pack does not say what a run takes: steps are most of it. */
const UNKNOWN: Shares = { context: 0.02, encode: 0.02, step: 0.76, decode: 0.2 };

function sharesOf(list: WorkList): Shares {
  const of = (...graphs: readonly string[]): number =>
    list.reduce(
      (sum, { graph, runs, work }) => sum + (graphs.includes(graph.id) ? runs * (work ?? NaN) : 0),
      0,
    );
  const shares = {
    context: of(FLOW_GRAPHS.textEncoder, FLOW_GRAPHS.context),
    encode: of(FLOW_GRAPHS.encode),
    step: of(FLOW_GRAPHS.step),
    decode: of(FLOW_GRAPHS.decode),
  };
  const total = shares.context + shares.encode + shares.step + shares.decode;
  if (!(total > 0)) return UNKNOWN;
  return {
    context: shares.context / total,
    encode: shares.encode / total,
    step: shares.step / total,
    decode: shares.decode / total,
  };
}

/** Tells how much of a clip's work is done, 0…1; never goes back. */
export class WorkMeter {
  readonly #shares: Shares;
  #most = 0;

  constructor(list: WorkList) {
    this.#shares = sharesOf(list);
  }

  at({ stage, segment, segments, done, total }: FlowProgress): number {
    const { context, encode, step, decode } = this.#shares;
    const part = total > 0 ? done / total : 1;
    const before = { context: 0, encode: 0, step: encode, decode: encode + step };
    const here =
      stage === 'context'
        ? context * part
        : context +
          (segment * (encode + step + decode) + before[stage] + this.#shares[stage] * part) / segments;
    this.#most = Math.min(1, Math.max(this.#most, here));
    return this.#most;
  }
}
