import { lower } from './onnx/lower.ts';
import { ModelWriter } from './onnx/writer.ts';
import type { Quantizer } from './onnx/writer.ts';
import type { NetworkDefinition } from './networks.ts';
import type { Network } from './ir.ts';
import { roundToInt8 } from './onnx/quantize.ts';

const KEEP_HALF: Quantizer = () => null;

/**
 * A network as an ONNX file, input `image`, outputs as defined.
 * @param quantizer how weights are stored; by default what the definition says.
 */
export function convert(
  definition: NetworkDefinition,
  network: Network,
  quantizer: Quantizer = definition.storage === 'int8' ? roundToInt8 : KEEP_HALF,
): Uint8Array {
  const writer = new ModelWriter(quantizer);
  lower(network, { input: 'image', outputs: definition.outputs }, writer);
  return writer.encode(definition.id);
}
