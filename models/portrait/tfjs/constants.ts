import { AppError } from '../../../src/contracts/errors.ts';
import { bytesToFloats, bytesToInts, halvesToFloats } from '../half.ts';
import type { Weights } from '../ir.ts';
import { sizeOf } from '../ir.ts';
import type { TfjsModel } from './schema.ts';

/** Constants of a model by name. */
export interface Constants {
  readonly floats: ReadonlyMap<string, Weights>;
  readonly integers: ReadonlyMap<string, readonly number[]>;
}

/**
 * Cuts the weight file into tensors.
 * @param bytes the weight file; borrowed.
 * @throws ERR_MODEL_DAMAGED when its length is not what the manifest says.
 * @throws ERR_MODEL_FAILED when a tensor is stored in a way that is not known.
 */
export function readConstants(model: TfjsModel, bytes: Uint8Array): Constants {
  const floats = new Map<string, Weights>();
  const integers = new Map<string, readonly number[]>();
  let offset = 0;
  const take = (length: number): Uint8Array => {
    if (offset + length > bytes.length)
      throw new AppError('ERR_MODEL_DAMAGED', 'the weight file is too short', {
        details: { bytes: bytes.length, needed: offset + length },
      });
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  for (const { name, shape, dtype, quantization } of model.weightsManifest.flatMap(
    (group) => group.weights,
  )) {
    const count = sizeOf(shape);
    const stored = quantization?.dtype ?? dtype;
    if (dtype === 'float32' && stored === 'float32')
      floats.set(name, { shape, data: bytesToFloats(take(4 * count)) });
    else if (dtype === 'float32' && stored === 'float16')
      floats.set(name, { shape, data: halvesToFloats(take(2 * count)) });
    else if (dtype === 'int32' && stored === 'int32') integers.set(name, bytesToInts(take(4 * count)));
    else
      throw new AppError('ERR_MODEL_FAILED', `constant ${name} is stored as ${dtype}/${stored}`, {
        details: { tensor: name, stored },
      });
  }
  if (offset !== bytes.length)
    throw new AppError('ERR_MODEL_DAMAGED', 'the weight file is too long', {
      details: { bytes: bytes.length, needed: offset },
    });
  return { floats, integers };
}
