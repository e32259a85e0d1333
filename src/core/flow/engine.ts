import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import { packGraph } from '../../contracts/pack.ts';
import { AppError } from '../../contracts/errors.ts';
import { checkFlowPack } from './checks.ts';
import type { FlowCheckpoint } from './checkpoint.ts';
import { readCheckpoint, settingsHash, writeCheckpoint } from './checkpoint.ts';
import type { FlowSegment } from './continuation.ts';
import { planSegments, SegmentJoiner } from './continuation.ts';
import type { DecodeTile } from './decode.ts';
import { decodeFrames } from './decode.ts';
import type { FlowShape } from './layout.ts';
import { denormalise, flowShape, normalise, pictureMask, toLatents } from './layout.ts';
import type { FlowNoise } from './noise.ts';
import { seededNoise } from './noise.ts';
import { positionTables } from './positions.ts';
import type { FlowPreview } from './preview.ts';
import { flowPreview } from './preview.ts';
import type { FlowCheckpoints, FlowRuntime, FlowSignal, FlowSink, FlowTensor } from './runtime.ts';
import { flowSampler } from './sampler.ts';
import type { FlowTimes } from './shelf.ts';
import { GraphShelf, releaseAll, shaped, withTensors } from './shelf.ts';

/** What is asked for. */
export interface FlowJob {
  /** Pixels of the clip, and frames that the model makes at once. */
  readonly size: FlowSize;
  /** Frames of the clip; more than `size.frames` are made in parts. */
  readonly frames: number;
  /** The picture at the clip's size: red, green and blue planes [3, H, W], 0…1. Not changed. */
  readonly picture: Float32Array;
  /** The motion: a ready embedding [T, E], or the token ids of a prompt. */
  readonly prompt:
    { readonly embedding: Float32Array; readonly words: number } | { readonly ids: readonly number[] };
  /** Unsigned 32-bit integer. */
  readonly seed: number;
  /** Frames a second that the clip will play at; the pack's own when left out. */
  readonly fps?: number;
}

/** Where a job stands. `done` of `total` graph runs of the stage are over. */
export interface FlowProgress {
  readonly stage: 'encode' | 'context' | 'step' | 'decode';
  /** Part of a longer clip, and how many there are. */
  readonly segment: number;
  readonly segments: number;
  readonly done: number;
  readonly total: number;
  /** After a step: what the part will look like. */
  readonly preview?: FlowPreview;
}

/** What an engine works with. */
export interface FlowTools {
  readonly runtime: FlowRuntime;
  readonly sink: FlowSink;
  readonly checkpoints?: FlowCheckpoints;
  readonly signal?: FlowSignal;
  readonly onProgress?: (progress: FlowProgress) => void;
  /** True where memory holds one graph at a time. */
  readonly oneSession?: boolean;
  /** Latent rows and columns that are decoded at once; all when left out. */
  readonly decodeTile?: DecodeTile;
  /** Noise of a part; the seed's own when left out. */
  readonly noise?: (segment: number) => FlowNoise;
  /** A clock, milliseconds. */
  readonly now: () => number;
}

/** What a job came to. */
export interface FlowResult {
  readonly frames: number;
  /** Steps that a saved state spared. */
  readonly resumedSteps: number;
  /** Whether every state could be saved; a full disk does not end a job. */
  readonly saved: boolean;
  readonly times: FlowTimes;
  readonly totalMs: number;
  /** Part of the total that the sink took. */
  readonly sinkMs: number;
}

const ALL: DecodeTile = { rows: Infinity, columns: Infinity };

/** Hash of everything that determines a clip's latents. */
function jobHash(pack: Pack, job: FlowJob): string {
  const { size, prompt } = job;
  return settingsHash([
    pack.id,
    pack.version,
    pack.build ?? '',
    ...pack.graphs.map(({ sha256 }) => sha256),
    size.width,
    size.height,
    size.frames,
    job.frames,
    job.seed,
    job.fps ?? '',
    job.picture,
    ...('ids' in prompt ? prompt.ids : [prompt.embedding]),
  ]);
}

/** One clip in the making. */
class FlowRun {
  readonly #pack: Pack;
  readonly #constants: FlowConstants;
  readonly #job: FlowJob;
  readonly #tools: FlowTools;
  readonly #shape: FlowShape;
  readonly #segments: readonly FlowSegment[];
  readonly #shelf: GraphShelf;
  readonly #hash: string;
  readonly #finished: Float32Array[] = [];
  /** Tensors of the whole job. */
  readonly #lasting: FlowTensor[] = [];
  #resumedSteps = 0;
  #saved = true;
  #sinkMs = 0;
  #sent = 0;

  constructor(pack: Pack, job: FlowJob, tools: FlowTools) {
    this.#pack = pack;
    this.#constants = checkFlowPack(pack);
    this.#job = job;
    this.#tools = tools;
    this.#shape = flowShape(this.#constants, job.size);
    this.#segments = planSegments(job.frames, job.size.frames);
    this.#shelf = new GraphShelf(tools.runtime, tools.oneSession ?? false, tools.now, tools.signal);
    this.#hash = jobHash(pack, job);
    const { width, height } = job.size;
    if (job.picture.length !== 3 * width * height) throw new RangeError('the picture has another size');
    const { maxSidePx = Infinity, maxFrames = Infinity } = pack.limits;
    if (Math.max(width, height) > maxSidePx || job.size.frames > maxFrames) {
      throw new RangeError(`${pack.id} makes at most ${maxSidePx} px and ${maxFrames} frames at once`);
    }
    const { prompt } = job;
    const { text } = this.#constants;
    const words = 'ids' in prompt ? prompt.ids.length : prompt.words;
    if (words < 1 || words > text.maxTokens)
      throw new RangeError(`a prompt has 1 to ${text.maxTokens} words`);
    if ('embedding' in prompt && prompt.embedding.length !== words * text.width) {
      throw new RangeError('the embedding is another model’s');
    }
  }

  async run(): Promise<FlowResult> {
    const { now } = this.#tools;
    const started = now();
    try {
      const kept = await this.#load();
      const joiner = new SegmentJoiner(this.#segments, this.#job.frames);
      const fixed = kept && kept.finished.length === this.#segments.length ? null : await this.#fixedInputs();
      for (const segment of this.#segments) {
        const before = kept?.finished[segment.index];
        const tokens =
          before ?? (await this.#sample(segment, this.#startPicture(joiner, segment), fixed, kept));
        this.#finished[segment.index] = tokens;
        if (!before) await this.#save(null);
        await this.#decode(segment, tokens, joiner);
      }
    } finally {
      releaseAll(this.#lasting);
      await this.#shelf.close();
    }
    return {
      frames: this.#sent,
      resumedSteps: this.#resumedSteps,
      saved: this.#saved,
      times: this.#shelf.times,
      totalMs: now() - started,
      sinkMs: this.#sinkMs,
    };
  }

  #progress(
    stage: FlowProgress['stage'],
    segment: number,
    done: number,
    total: number,
    preview?: FlowPreview,
  ): void {
    this.#tools.onProgress?.({
      stage,
      segment,
      segments: this.#segments.length,
      done,
      total,
      ...(preview && { preview }),
    });
  }

  /** The saved state, where there is one of this very job. A damaged one counts as none: the clip starts anew. */
  async #load(): Promise<FlowCheckpoint | null> {
    const bytes = await this.#tools.checkpoints?.load();
    if (!bytes) return null;
    let kept: FlowCheckpoint;
    try {
      kept = readCheckpoint(bytes);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
    const length = this.#shape.tokens * this.#shape.tokenWidth;
    const arrays = kept.current ? [...kept.finished, kept.current.tokens] : kept.finished;
    const fits = kept.settings === this.#hash && arrays.every((tokens) => tokens.length === length);
    if (!fits || arrays.length > this.#segments.length) return null;
    const steps = this.#constants.sampler.sigmas.length - 1;
    if (kept.current && kept.current.done > steps) return null;
    this.#resumedSteps = kept.finished.length * steps + (kept.current?.done ?? 0);
    return kept;
  }

  async #save(current: FlowCheckpoint['current']): Promise<void> {
    const { checkpoints } = this.#tools;
    if (!checkpoints) return;
    const bytes = writeCheckpoint({
      settings: this.#hash,
      seed: this.#job.seed,
      finished: this.#finished,
      current,
    });
    try {
      await checkpoints.save(bytes);
    } catch {
      // Without a saved state a lost device costs the steps so far, not the clip.
      this.#saved = false;
    }
  }

  #startPicture(joiner: SegmentJoiner, segment: FlowSegment): Float32Array {
    if (segment.index === 0) return this.#job.picture;
    const { anchor } = joiner;
    if (!anchor) throw new RangeError(`part ${segment.index} has nothing to go on from`);
    return anchor;
  }

  /** What every step is given: context, positions, mask. Made once, kept on the graphics card. */
  async #fixedInputs(): Promise<Readonly<Record<string, FlowTensor>>> {
    const { runtime } = this.#tools;
    const { tokens: N } = this.#shape;
    const { positions, fps } = this.#constants;
    const context = await this.#context();
    const tables = positionTables(positions, this.#shape, this.#job.fps ?? fps);
    const R = positions.width;
    const fixed = {
      context,
      cos: runtime.floats(tables.cos, [1, N, R], true),
      sin: runtime.floats(tables.sin, [1, N, R], true),
      mask: runtime.floats(pictureMask(this.#shape), [1, N, 1], true),
    };
    this.#lasting.push(fixed.cos, fixed.sin, fixed.mask);
    return fixed;
  }

  async #context(): Promise<FlowTensor> {
    const graph = FLOW_GRAPHS.context;
    const T = this.#words;
    const outputs = await withTensors({ embedding: await this.#embedding() }, (feeds) =>
      this.#shelf.run(graph, { T }, feeds),
    );
    this.#lasting.push(...Object.values(outputs));
    this.#progress('context', 0, 1, 1);
    return shaped(graph, outputs, 'context', [-1, 2, -1, -1]);
  }

  async #embedding(): Promise<FlowTensor> {
    const { runtime } = this.#tools;
    const { prompt } = this.#job;
    const shape = [1, this.#words, this.#constants.text.width];
    if (!('ids' in prompt)) return runtime.floats(prompt.embedding, shape);
    const graph = FLOW_GRAPHS.textEncoder;
    packGraph(this.#pack, graph);
    const outputs = await withTensors({ ids: runtime.words(prompt.ids) }, (feeds) =>
      this.#shelf.run(graph, { T: this.#words }, feeds),
    );
    return shaped(graph, outputs, 'embedding', shape);
  }

  /** Normalised latent of a picture, [C, 1, h, w]. */
  async #encode(picture: Float32Array): Promise<Float32Array> {
    const graph = FLOW_GRAPHS.encode;
    const { width: W, height: H, latentWidth: w, latentHeight: h, channels } = this.#shape;
    const { mean, std } = this.#constants.latent;
    const input = packGraph(this.#pack, graph).inputs.find(({ name }) => name === 'image');
    const [low, high] = input?.range ?? [-1, 1];
    const scaled = picture.map((value) => low + (high - low) * value);
    const image = this.#tools.runtime.floats(scaled, [1, 3, H, W]);
    const outputs = await withTensors({ image }, (feeds) => this.#shelf.run(graph, { H, W, h, w }, feeds));
    const latent = await withTensors(outputs, () =>
      this.#shelf.read(graph, outputs, 'latent', [1, channels, h, w]),
    );
    normalise(latent, mean, std);
    return latent;
  }

  /** Makes a part's tokens from noise, or goes on with a saved state. */
  async #sample(
    segment: FlowSegment,
    picture: Float32Array,
    fixed: Readonly<Record<string, FlowTensor>> | null,
    kept: FlowCheckpoint | null,
  ): Promise<Float32Array> {
    const { runtime, onProgress } = this.#tools;
    const { tokens: N, tokenWidth: P } = this.#shape;
    const { sampler: plan, preview } = this.#constants;
    const { index } = segment;
    const latent = await this.#encode(picture);
    this.#progress('encode', index, 1, 1);
    const noise = this.#tools.noise?.(index) ?? seededNoise(this.#job.seed, index);
    const resume = kept?.finished.length === index ? kept.current : null;
    const sampler = flowSampler({ sampler: plan }, this.#shape, latent, noise, resume ?? undefined);
    const total = sampler.steps.length;
    if (resume) this.#progress('step', index, resume.done, total);
    const T = fixed?.['context']?.shape[2] ?? 0;
    for (let step = sampler.next(); step; step = sampler.next()) {
      const changing = {
        latents: runtime.floats(sampler.state.tokens, [1, N, P]),
        timesteps: runtime.floats(sampler.timesteps(step), [2]),
      };
      const outputs = await withTensors(changing, (feeds) =>
        this.#shelf.run(FLOW_GRAPHS.step, { N, T }, { ...fixed, ...feeds }),
      );
      const velocity = await withTensors(outputs, () =>
        this.#shelf.read(FLOW_GRAPHS.step, outputs, 'velocity', [1, N, P]),
      );
      const shown = onProgress && flowPreview(sampler.preview(velocity), this.#shape, preview);
      sampler.advance(velocity);
      await this.#save(sampler.state);
      this.#progress('step', index, step.index + 1, total, shown);
    }
    return sampler.state.tokens;
  }

  get #words(): number {
    const { prompt } = this.#job;
    return 'ids' in prompt ? prompt.ids.length : prompt.words;
  }

  /** Decodes a part and hands on its frames as they become final. */
  async #decode(segment: FlowSegment, tokens: Float32Array, joiner: SegmentJoiner): Promise<void> {
    const { decode, latent } = this.#constants;
    const { sink, now, signal, runtime, decodeTile } = this.#tools;
    const { width, height } = this.#shape;
    const latents = toLatents(tokens, this.#shape);
    if (!decode.normalised) denormalise(latents, latent.mean, latent.std);
    if (decode.kind === 'tiles' && decode.noise > 0) this.#mixNoise(latents, decode.noise, segment.index);
    const frames = decodeFrames({
      decode,
      shape: this.#shape,
      latents,
      tile: decodeTile ?? ALL,
      shelf: this.#shelf,
      runtime,
      onRun: (done, total) => this.#progress('decode', segment.index, done, total),
    });
    let local = 0;
    for await (const planes of frames) {
      const final = joiner.push(segment, local++, planes);
      if (final) {
        signal?.throwIfAborted();
        const started = now();
        await sink({ index: this.#sent++, width, height, planes: final });
        this.#sinkMs += now() - started;
      }
      if (this.#sent === this.#job.frames) return;
    }
  }

  #mixNoise(latents: Float32Array, share: number, segment: number): void {
    const noise = this.#tools.noise?.(segment) ?? seededNoise(this.#job.seed, segment);
    const fresh = noise.decode(latents.length);
    for (let i = 0; i < latents.length; i++) {
      latents[i] = (1 - share) * (latents[i] ?? 0) + share * (fresh[i] ?? 0);
    }
  }
}

/**
 * Makes a clip and hands its frames to the sink, each as soon as it is final. Frame 0 is the picture's own, through the
 * model's decoder. With `checkpoints` a job that ended early goes on from its last step; its frames come again from 0.
 *
 * @throws ERR_MODEL_MISSING, ERR_MODEL_DAMAGED when the pack can't make it; ERR_MODEL_FAILED, ERR_GPU_LOST from the runtime;
 * the signal's reason when cancelled, between two graph runs; RangeError when job and pack don't go together.
 */
export async function runFlow(pack: Pack, job: FlowJob, tools: FlowTools): Promise<FlowResult> {
  return new FlowRun(pack, job, tools).run();
}
