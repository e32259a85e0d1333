import * as v from 'valibot';

/** Numbers that the format writes as text or as numbers. */
const wholeNumber = v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.integer());

const attribute = v.object({
  i: v.optional(wholeNumber),
  b: v.optional(v.boolean()),
  s: v.optional(v.string()),
  list: v.optional(v.object({ i: v.optional(v.array(wholeNumber)), s: v.optional(v.array(v.string())) })),
  shape: v.optional(v.object({ dim: v.array(v.object({ size: wholeNumber })) })),
});

const node = v.object({
  name: v.string(),
  op: v.string(),
  input: v.optional(v.array(v.string()), []),
  attr: v.optional(v.record(v.string(), attribute), {}),
});

/** The `model.json` of a TensorFlow.js graph model, as far as it is used. */
export const tfjsModelSchema = v.object({
  format: v.literal('graph-model'),
  modelTopology: v.object({ node: v.array(node) }),
  weightsManifest: v.array(
    v.object({
      weights: v.array(
        v.object({
          name: v.string(),
          shape: v.array(v.number()),
          dtype: v.string(),
          quantization: v.optional(v.object({ dtype: v.string() })),
        }),
      ),
    }),
  ),
});

/** A node of the graph. */
export type TfjsNode = v.InferOutput<typeof node>;

/** A parsed `model.json`. */
export type TfjsModel = v.InferOutput<typeof tfjsModelSchema>;
