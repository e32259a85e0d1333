import * as v from 'valibot';
import { AppError } from './errors.ts';

const name = v.pipe(v.string(), v.nonEmpty());
/** Lower-case hexadecimal SHA-256. */
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
/** A path below the pack's folder, with forward slashes; never leads out of it. */
const relativePath = v.pipe(
  v.string(),
  v.regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[\w.-]+(?:\/[\w.-]+)*$/, 'not a plain path below the pack'),
);

const range = v.pipe(
  v.strictTuple([v.number(), v.number()]),
  v.check(([low, high]) => low < high),
);

const tensorSchema = v.object({
  name,
  type: v.picklist(['float32', 'float16', 'int32', 'int64', 'uint8']),
  /** One entry per axis; −1 is free. */
  shape: v.array(v.union([count, v.literal(-1)])),
  /** One line on what the numbers mean: units, order, whether a sigmoid is still to be applied. */
  meaning: v.optional(v.string()),
});

const inputSchema = v.object({
  ...tensorSchema.entries,
  /** What a picture's 0…255 becomes; present on picture inputs only. Pictures are RGB. */
  range: v.optional(range),
});

/** Bytes in a chunk: a download that was cut goes on after the last chunk that was whole. */
export const CHUNK_BYTES = 8 * 1024 * 1024;

const fileEntries = {
  file: relativePath,
  sha256,
  bytes: count,
  /** SHA-256 of each {@link CHUNK_BYTES} of the file, in order, the last one shorter; left out for small files. */
  chunks: v.optional(v.array(sha256)),
};

/** A file of the pack that is not a network: embeddings, a tokenizer. */
const extraFileSchema = v.object({
  id: name,
  ...fileEntries,
  /** Of a tensor: row-major, little-endian. Of anything else: left out. */
  tensor: v.optional(
    v.object({ type: v.picklist(['float32', 'float16', 'int32', 'uint8']), shape: v.array(count) }),
  ),
});

const shardSchema = v.object({
  ...fileEntries,
  /** The name that the graph knows the data by. */
  path: relativePath,
});

const graphSchema = v.object({
  id: name,
  ...fileEntries,
  opset: count,
  /** How the bulk of the weights is stored. */
  dtype: v.picklist(['fp32', 'fp16', 'int8', 'int4']),
  /** Bytes of weights that are only stored as 16-bit floats: 32-bit ones when a session is made. */
  halfBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  inputs: v.pipe(v.array(inputSchema), v.nonEmpty()),
  outputs: v.pipe(v.array(tensorSchema), v.nonEmpty()),
  /** Weights kept outside the graph's file. */
  shards: v.optional(v.array(shardSchema), []),
  /** SPDX expression of this graph's weights. */
  licence: name,
  /** Where the weights come from. */
  source: name,
});

/** `pack.json`: everything there is to know about a folder of networks before one byte of them is loaded. */
export const packSchema = v.pipe(
  v.object({
    format: v.literal(1),
    id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]*$/)),
    version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+$/)),
    engine: v.picklist(['portrait', 'flow']),
    title: name,
    /** SPDX expression of the whole, and the text that has to travel with it. */
    licence: v.object({ spdx: name, text: name }),
    source: name,
    tier: v.picklist(['standard', 'advanced']),
    graphs: v.pipe(
      v.array(graphSchema),
      v.nonEmpty(),
      v.check((graphs) => new Set(graphs.map(({ id }) => id)).size === graphs.length, 'graph ids repeat'),
    ),
    /** What else belongs to the pack. */
    files: v.optional(
      v.pipe(
        v.array(extraFileSchema),
        v.check((files) => new Set(files.map(({ id }) => id)).size === files.length, 'file ids repeat'),
      ),
      [],
    ),
    /** Numbers the engine needs besides the graphs; each engine has a schema of its own for them. */
    constants: v.record(v.string(), v.unknown()),
    limits: v.object({
      /** Longest side of a clip in pixels. */
      maxSidePx: v.optional(count),
      maxFrames: v.optional(count),
      /** Memory that the graphs need at once, bytes. */
      memoryBytes: v.optional(count),
    }),
    /** Settings that onnxruntime sessions of this pack are made with (`extra.session`). */
    session: v.optional(v.record(v.string(), v.string()), {}),
    /** Hash of what made the pack; tells a builder whether it is current. */
    build: v.optional(sha256),
  }),
);

/** The file beside `pack.json` that signs its exact bytes, and with its hashes every other file. */
export const PACK_SIGNATURE_FILE = 'pack.sig';

/** {@link PACK_SIGNATURE_FILE}: `value` is the base64url Ed25519 signature over the bytes of `pack.json`. */
export const packSignatureSchema = v.strictObject({
  algorithm: v.literal('ed25519'),
  keyId: v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/)),
  value: v.pipe(v.string(), v.regex(/^[\w-]{86}$/)),
});
export type PackSignature = v.InferOutput<typeof packSignatureSchema>;

/** A parsed `pack.json`. */
export type Pack = v.InferOutput<typeof packSchema>;

/** One network of a pack. */
export type PackGraph = Pack['graphs'][number];

/** A tensor at a graph's border. */
export type PackTensor = PackGraph['outputs'][number];

const anchorsSchema = v.object({
  inputPx: count,
  /** Pixels per cell of each layer; equal neighbours share one grid. */
  strides: v.array(count),
  /** Anchors that each layer puts into each cell. */
  perCell: count,
  /** Position of an anchor in its cell. */
  offset: v.number(),
  /** Divides the raw box numbers. */
  scale: v.number(),
  /** Points that follow `cx cy w h` in a box. */
  keypoints: count,
  /** Raw scores are clipped to ± this before the sigmoid. */
  scoreClip: v.number(),
  minScore: v.number(),
  /** Boxes that overlap more (intersection over union) are one. */
  suppressAbove: v.number(),
});

/** Constants of a `portrait` pack. */
export const portraitConstantsSchema = v.object({
  /** Anchors of the detectors by graph id. */
  anchors: v.record(v.string(), anchorsSchema),
});

/** Constants of a `portrait` pack, parsed. */
export type PortraitConstants = v.InferOutput<typeof portraitConstantsSchema>;

/** Where and how a detector's anchors lie. */
export type AnchorConstants = PortraitConstants['anchors'][string];

function parse<S extends v.GenericSchema>(schema: S, raw: unknown, what: string): v.InferOutput<S> {
  const result = v.safeParse(schema, raw);
  if (result.success) return result.output;
  throw new AppError('ERR_MODEL_DAMAGED', `${what} is not valid: ${v.summarize(result.issues)}`, {
    details: { path: v.getDotPath(result.issues[0]) ?? '' },
  });
}

/**
 * Checks a `pack.json`.
 * @param raw the parsed JSON.
 * @throws ERR_MODEL_DAMAGED when it is not a pack; `details.path` says where.
 */
export function parsePack(raw: unknown): Pack {
  return parse(packSchema, raw, 'pack.json');
}

/**
 * Constants of a pack whose engine is `portrait`.
 * @throws ERR_MODEL_DAMAGED when they are incomplete.
 */
export function portraitConstants(pack: Pack): PortraitConstants {
  return parse(portraitConstantsSchema, pack.constants, 'constants');
}

/**
 * The graph called `id`.
 * @throws ERR_MODEL_MISSING when the pack has none.
 */
export function packGraph(pack: Pack, id: string): PackGraph {
  const graph = pack.graphs.find((candidate) => candidate.id === id);
  if (!graph)
    throw new AppError('ERR_MODEL_MISSING', `pack ${pack.id} has no graph ${id}`, {
      details: { pack: pack.id, graph: id },
    });
  return graph;
}
