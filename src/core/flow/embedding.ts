import { AppError } from '../../contracts/errors.ts';
import type { FlowConstants } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import type { PresetId } from '../../contracts/settings.ts';

/** A ready embedding as {@link FlowJob.prompt} wants it. */
export interface ReadyPrompt {
  /** [T, E]. */
  readonly embedding: Float32Array;
  /** T. */
  readonly words: number;
}

/** A half float's 16 bits as a number. @source IEEE 754-2019, 3.4 */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The pack's file that holds a ready motion's embedding; null where the prompt has to be read. */
export function presetFile(
  pack: Pack,
  constants: FlowConstants,
  preset: PresetId,
): Pack['files'][number] | null {
  const id = constants.text.presets[preset];
  return pack.files.find((file) => file.id === id) ?? null;
}

/**
 * Reads the bytes of a ready motion's embedding, whose shape the pack's check has seen.
 * @throws ERR_MODEL_DAMAGED when they are not the tensor that the pack describes.
 */
export function readEmbedding(file: Pack['files'][number], bytes: Uint8Array): ReadyPrompt {
  const [words = 0, width = 0] = file.tensor?.shape ?? [];
  const type = file.tensor?.type;
  const size = type === 'float16' ? 2 : type === 'float32' ? 4 : 0;
  if (size === 0 || bytes.length !== size * words * width) {
    throw new AppError('ERR_MODEL_DAMAGED', `${file.file} is not the tensor that the pack describes`, {
      details: { path: file.file },
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const embedding = Float32Array.from({ length: words * width }, (_, i) =>
    size === 2 ? halfToFloat(view.getUint16(2 * i, true)) : view.getFloat32(4 * i, true),
  );
  return { embedding, words };
}
