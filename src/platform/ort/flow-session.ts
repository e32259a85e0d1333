import type { InferenceSession } from 'onnxruntime-web';
import { AppError } from '../../contracts/errors.ts';
import type { PackGraph, PackTensor } from '../../contracts/pack.ts';

/** Words of onnxruntime for an operator that it does not know. */
const UNKNOWN_OPERATOR =
  /No Op registered for ([\w.]+)|([\w.:]+)\(-?\d+\) is not a registered function\/op|Could not find an implementation for ([\w.:]+)/;
const NO_MEMORY =
  /bad_alloc|out of memory|failed to allocate|Array buffer allocation failed|Out of bounds memory/i;
const LOST = /device (?:was |is )?lost|GPUDevice.*lost|Device is lost/i;

const textOf = (cause: unknown): string => {
  if (cause instanceof Error) return cause.message;
  // Where memory ran out onnxruntime throws the address of a C++ exception.
  return typeof cause === 'number' ? `exception ${cause}` : String(cause);
};

/** What onnxruntime said as an error of ours; AppErrors pass unchanged. */
export function graphError(graph: string, what: 'opened' | 'run', cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const why = textOf(cause);
  const message = `the network ${graph} could not be ${what}: ${why}`;
  if (LOST.test(why)) {
    return new AppError('ERR_GPU_LOST', message, { details: { graph }, retryable: true, cause });
  }
  const unknown = UNKNOWN_OPERATOR.exec(why);
  if (unknown) {
    const operator = unknown.slice(1).find((name) => name !== undefined) ?? '';
    const details = { graph, path: graph, why: 'unknown-operator', operator };
    return new AppError('ERR_MODEL_DAMAGED', message, { details, cause });
  }
  const details = NO_MEMORY.test(why) ? { graph, why: 'no-memory' } : { graph };
  return new AppError('ERR_MODEL_FAILED', message, { details, cause });
}

/** Sizes of axes as one says them. */
const say = (axes: readonly (number | string)[]): string => `[${axes.join(', ')}]`;

function checkSide(
  graph: string,
  side: string,
  wanted: readonly PackTensor[],
  found: readonly InferenceSession.ValueMetadata[],
): void {
  const fail = (name: string, expected: string, is: string): never => {
    throw new AppError('ERR_MODEL_DAMAGED', `${graph} has ${side} ${name} as ${is}, not ${expected}`, {
      details: { path: `${graph}.${name}`, expected, found: is },
    });
  };
  const known = new Map(found.map((value) => [value.name, value]));
  for (const { name, type, shape } of wanted) {
    const value = known.get(name);
    const expected = `${type} ${say(shape)}`;
    if (value === undefined) fail(name, expected, 'nothing');
    else if (!value.isTensor) fail(name, expected, 'no tensor');
    else {
      const is = `${value.type} ${say(value.shape)}`;
      const axes = value.shape;
      // A free axis of the pack may have any size here: the session was made for one.
      const fits =
        axes.length === shape.length &&
        shape.every((size, i) => size === -1 || typeof axes[i] === 'string' || size === axes[i]);
      if (value.type !== type || !fits) fail(name, expected, is);
    }
    known.delete(name);
  }
  for (const { name } of known.values()) if (side === 'input') fail(name, 'nothing', 'an input');
}

/**
 * Compares a graph with what its pack says of it.
 * @throws ERR_MODEL_DAMAGED; `details.path` says graph and tensor.
 */
export function checkSession(facts: PackGraph, session: InferenceSession): void {
  checkSide(facts.id, 'input', facts.inputs, session.inputMetadata);
  checkSide(facts.id, 'output', facts.outputs, session.outputMetadata);
}
