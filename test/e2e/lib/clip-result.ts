import * as v from 'valibot';

const ms = v.pipe(v.number(), v.finite(), v.minValue(0));

const resultSchema = v.strictObject({
  out: v.string(),
  width: v.pipe(v.number(), v.integer()),
  height: v.pipe(v.number(), v.integer()),
  fps: v.picklist([24, 30]),
  frames: v.pipe(v.number(), v.integer()),
  seconds: v.number(),
  sizeBytes: v.pipe(v.number(), v.integer(), v.minValue(1)),
  pack: v.string(),
  provider: v.picklist(['webgpu', 'wasm']),
  renderer: v.picklist(['webgpu', 'webgl2', 'processor']),
  notices: v.array(
    v.strictObject({ code: v.pipe(v.string(), v.regex(/^NOTICE_[A-Z_]+$/)), message: v.string() }),
  ),
  flow: v.optional(
    v.strictObject({
      version: v.string(),
      licence: v.string(),
      trust: v.picklist(['trusted', 'unsigned', 'unknown-key']),
      model: v.strictObject({ width: v.number(), height: v.number(), frames: v.number(), fps: v.number() }),
      timesMs: v.strictObject({
        open: ms,
        run: ms,
        sink: ms,
        total: ms,
        steps: v.pipe(v.array(ms), v.nonEmpty()),
        tiles: v.pipe(v.array(ms), v.nonEmpty()),
      }),
    }),
  ),
  stagesMs: v.strictObject({
    decode: ms,
    perceive: ms,
    firstFrame: ms,
    render: ms,
    encode: ms,
    verify: ms,
    total: ms,
  }),
});

/** What `--json` prints. */
export type PrintedResult = v.InferOutput<typeof resultSchema>;

/**
 * Reads the last line of a run of the command line with `--json`.
 *
 * @throws ValiError when it is anything but the object that is promised.
 */
export function readResult(out: string): PrintedResult {
  const last = out.trimEnd().split('\n').at(-1) ?? '';
  const value: unknown = JSON.parse(last);
  return v.parse(resultSchema, value);
}
