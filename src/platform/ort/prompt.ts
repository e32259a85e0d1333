import { Tokenizer } from '@huggingface/tokenizers';
import * as v from 'valibot';
import { AppError } from '../../contracts/errors.ts';
import { FLOW_GRAPHS, type FlowConstants } from '../../contracts/flow.ts';
import type { ReadyPrompt } from '../../core/flow/embedding.ts';
import type { FlowRuntime } from '../../core/flow/runtime.ts';

/** A prompt as a model's text encoder reads it. */
export interface PromptIds {
  /** 1 to `maxTokens`; the last one ends the sentence. */
  readonly ids: readonly number[];
  /** True where the end of the prompt was left out, since the model reads no more. */
  readonly cut: boolean;
}

/** An embedding, and whether all of the prompt went into it. */
export interface EncodedPrompt extends ReadyPrompt {
  readonly cut: boolean;
}

/** Texts of a pack's `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  readonly json: string;
  readonly config: string;
}

const objectSchema = v.looseObject({});

function parse(text: string, path: string): Record<string, unknown> {
  try {
    return v.parse(objectSchema, JSON.parse(text));
  } catch (cause) {
    throw new AppError('ERR_MODEL_DAMAGED', `${path} is not a JSON object`, { details: { path }, cause });
  }
}

/**
 * Reads a pack's tokenizer.
 *
 * @param maxTokens most ids of a prompt, the one that ends it counted in.
 * @returns a function that turns a prompt into ids, the same that the model was trained with. Control characters count as
 * spaces.
 * @throws ERR_MODEL_DAMAGED when the files are not a tokenizer; the returned function throws it when they turn out not to be.
 * @source transformers `PreTrainedTokenizerFast` with `truncation=True`: what ends the sentence stays
 */
export function promptReader(files: TokenizerFiles, maxTokens: number): (prompt: string) => PromptIds {
  const path = 'tokenizer.json';
  const json = parse(files.json, path);
  const config = parse(files.config, 'tokenizer_config.json');
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (cause) {
      throw new AppError('ERR_MODEL_DAMAGED', `${path} is not a tokenizer`, { details: { path }, cause });
    }
  };
  const tokenizer = guarded(() => new Tokenizer(json, config));
  return (prompt) => {
    const text = prompt.replace(/\p{Cc}+/gu, ' ').trim();
    const ids = guarded(() => tokenizer.encode(text).ids);
    const last = ids.at(-1);
    if (last === undefined || !ids.every((id) => Number.isInteger(id) && id >= 0)) {
      throw new AppError('ERR_MODEL_DAMAGED', `${path} makes no ids of a prompt`, { details: { path } });
    }
    const cut = ids.length > maxTokens;
    return { ids: cut ? [...ids.slice(0, maxTokens - 1), last] : ids, cut };
  };
}

/**
 * Turns a prompt into the embedding that a pack's `text_encoder` makes of it. The session lives for this call alone.
 *
 * @throws ERR_MODEL_DAMAGED when the tokenizer's files or the graph's answer are not what the pack describes;
 * ERR_MODEL_MISSING, ERR_MODEL_FAILED, ERR_GPU_LOST from the runtime.
 */
export async function encodePrompt(
  runtime: FlowRuntime,
  { text }: Pick<FlowConstants, 'text'>,
  files: TokenizerFiles,
  prompt: string,
): Promise<EncodedPrompt> {
  const { ids, cut } = promptReader(files, text.maxTokens)(prompt);
  const graph = FLOW_GRAPHS.textEncoder;
  const session = await runtime.open(graph, { T: ids.length });
  const words = runtime.words(ids);
  try {
    const outputs = await session.run({ ids: words });
    try {
      const embedding = await outputs['embedding']?.read();
      if (embedding?.length !== ids.length * text.width) {
        throw new AppError('ERR_MODEL_DAMAGED', `${graph} does not give one row a token`, {
          details: { path: graph },
        });
      }
      return { embedding, words: ids.length, cut };
    } finally {
      for (const tensor of Object.values(outputs)) tensor.release();
    }
  } finally {
    words.release();
    await session.release();
  }
}
