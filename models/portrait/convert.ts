import { lower } from './onnx/lower.ts';
import { asHalf, int8Except } from './onnx/quantize.ts';
import { ModelWriter } from './onnx/writer.ts';
import type { Quantizer } from './onnx/writer.ts';
import type { NetworkDefinition } from './networks.ts';
import type { Network } from './ir.ts';

function quantizerOf({ storage }: NetworkDefinition): Quantizer {
  return storage === 'fp16' ? asHalf : int8Except(storage.int8Except);
}

/**
 * A network as an ONNX file, input `image`, outputs as defined.
 * @param quantizer how weights are stored; by default what the definition says.
 */
export function convert(
  definition: NetworkDefinition,
  network: Network,
  quantizer: Quantizer = quantizerOf(definition),
): Uint8Array {
  const writer = new ModelWriter(quantizer);
  lower(network, { input: 'image', outputs: definition.outputs }, writer);
  return writer.encode(definition.id);
}
