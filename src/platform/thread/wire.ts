import { transferHandlers } from 'comlink';
import type { ErrorRecord } from '../../contracts/errors.ts';
import { fromErrorRecord, toErrorRecord } from './error-record.ts';

/** The one function that a worker exposes: calls `method` of its interface. Functions among `args` are proxies. */
export type Invoke = (method: string, ...args: unknown[]) => Promise<unknown>;

/** Says which Web Lock the worker holds as long as it lives; sent once, beside comlink's own messages. */
export interface LifeMessage {
  readonly type: 'worker-life';
  readonly lock: string;
}

/** Whether a message is a {@link LifeMessage}. */
export function isLifeMessage(data: unknown): data is LifeMessage {
  return (
    typeof data === 'object' &&
    data !== null &&
    'type' in data &&
    data.type === 'worker-life' &&
    'lock' in data &&
    typeof data.lock === 'string'
  );
}

const isRecord = (value: unknown): value is ErrorRecord =>
  typeof value === 'object' && value !== null && 'name' in value && 'message' in value;

let installed = false;

/**
 * Replaces comlink's handler of thrown values by one that keeps class, code, details, retryable and cause. Both sides
 * of a thread call it; a second call does nothing.
 */
export function installThrowHandler(): void {
  if (installed) return;
  installed = true;
  const original = transferHandlers.get('throw');
  if (original === undefined) throw new TypeError('comlink has no handler named throw');
  transferHandlers.set('throw', {
    canHandle: (value): value is unknown => original.canHandle(value),
    serialize: (thrown) => [
      toErrorRecord(
        typeof thrown === 'object' && thrown !== null && 'value' in thrown ? thrown.value : thrown,
      ),
      [],
    ],
    deserialize: (data) => {
      throw isRecord(data) ? fromErrorRecord(data) : new Error(String(data));
    },
  });
}
