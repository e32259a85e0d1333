import { afterEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { connectWorker } from '../../../src/platform/thread/connect-worker.ts';
import type { WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';
import { fromErrorRecord, isAbort, toErrorRecord } from '../../../src/platform/thread/error-record.ts';
import type { EchoApi } from './echo.api.ts';

const open: WorkerConnection<EchoApi>[] = [];
const connect = (
  create = () => new Worker(new URL('./echo.worker.ts', import.meta.url), { type: 'module' }),
): WorkerConnection<EchoApi> => {
  const connection = connectWorker<EchoApi>(create);
  open.push(connection);
  return connection;
};
afterEach(() => {
  for (const connection of open.splice(0)) connection.terminate();
});

const caught = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not throw');
};

describe('calls', () => {
  test('values, callbacks, ports and buffers cross', async () => {
    const { api } = connect();
    expect(await api.echo('hello')).toBe('hello');
    const steps: number[] = [];
    expect(await api.count(3, (step) => steps.push(step))).toBe(3);
    await expect.poll(() => steps).toEqual([1, 2, 3]);
    const { port1, port2 } = new MessageChannel();
    const heard = new Promise((resolve) => {
      port1.onmessage = (event: MessageEvent<unknown>) => resolve(event.data);
    });
    await api.answer(port2);
    expect(await heard).toBe('over the port');
    expect((await api.buffer()).byteLength).toBe(64);
    expect(await api.left()).toBe(0);
  });

  test('a callback is released with its call; later uses do nothing', async () => {
    const { api } = connect();
    const steps: number[] = [];
    await api.late((step) => steps.push(step));
    await api.echo('the timer has run by now');
    await api.echo('and once more');
    expect(steps).toEqual([1]);
  });

  test('a callback that throws does no harm to the worker', async () => {
    const { api } = connect();
    const count = api.count(2, () => {
      throw new Error('not the worker’s fault');
    });
    expect(await count).toBe(2);
    expect(await api.echo('alive')).toBe('alive');
  });
});

describe('errors', () => {
  test('an AppError keeps code, details, retryable and class', async () => {
    const error = await caught(connect().api.fail('app'));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      name: 'AppError',
      code: 'ERR_GPU_LOST',
      message: 'the device is gone',
      details: { adapter: 'x', tries: 2 },
      retryable: true,
    });
  });

  test('causes keep their codes and classes', async () => {
    const error = await caught(connect().api.fail('nested'));
    expect(error).toMatchObject({ code: 'ERR_INPUT_PACK', retryable: false });
    const { cause } = error as AppError;
    expect(cause).toBeInstanceOf(AppError);
    expect(cause).toMatchObject({ code: 'ERR_MODEL_FAILED' });
    expect((cause as AppError).cause).toBeInstanceOf(RangeError);
  });

  test('a cancellation is an AbortError again', async () => {
    const error = await caught(connect().api.fail('abort'));
    expect(error).toBeInstanceOf(DOMException);
    expect(isAbort(error)).toBe(true);
  });

  test('other errors keep class or name', async () => {
    const { api } = connect();
    expect(await caught(api.fail('type'))).toBeInstanceOf(TypeError);
    expect(await caught(api.fail('quota'))).toMatchObject({ name: 'QuotaExceededError' });
    expect(await caught(api.fail('string'))).toMatchObject({ message: 'a string' });
  });

  test('an unknown method and an argument that can not be cloned reject', async () => {
    const { api } = connect();
    const nothing = Reflect.get(api, 'nothing') as () => Promise<void>;
    await expect(nothing()).rejects.toBeInstanceOf(TypeError);
    const unclonable: unknown = { nested: () => undefined };
    await expect(api.echo(unclonable as string)).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(await api.echo('alive')).toBe('alive');
  });

  test('a record of a cycle of causes ends', () => {
    const error = new Error('a');
    error.cause = error;
    expect(fromErrorRecord(toErrorRecord(error)).message).toBe('a');
    expect(
      fromErrorRecord({ name: 'Error', message: 'x', cause: { name: 'Odd', message: 'y' } }).cause,
    ).toMatchObject({
      name: 'Odd',
    });
  });
});

describe('a lost worker', () => {
  const expectLost = async (connection: WorkerConnection<EchoApi>, call: Promise<unknown>, code: string) => {
    const error = await caught(call);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code, retryable: true });
    expect(await connection.onLost).toBe(error);
    expect(connection.lost).toBe(true);
    expect(await caught(connection.api.echo('again'))).toBe(error);
  };

  test('that is terminated in the middle of calls', async () => {
    const connection = connect();
    await connection.api.echo('it runs');
    const [one, two] = [connection.api.hang(), connection.api.hang()];
    const second = caught(two);
    connection.terminate();
    await expectLost(connection, one, 'ERR_WORKER_TERMINATED');
    expect(await second).toMatchObject({ code: 'ERR_WORKER_TERMINATED' });
  });

  test('that throws at load', async () => {
    const connection = connect(
      () => new Worker(new URL('./broken.worker.ts', import.meta.url), { type: 'module' }),
    );
    await expectLost(connection, connection.api.hang(), 'ERR_WORKER_FAILED');
  });

  test('whose script is not there', async () => {
    const connection = connect(() => new Worker('/no/such/worker.js', { type: 'module' }));
    await expectLost(connection, connection.api.hang(), 'ERR_WORKER_FAILED');
  });

  test('that throws outside of a call', async () => {
    const connection = connect();
    await expectLost(connection, connection.api.explode(), 'ERR_WORKER_FAILED');
  });

  test('that closes itself, which fires no event', async () => {
    const connection = connect();
    await connection.api.echo('it runs');
    await expectLost(connection, connection.api.close(), 'ERR_WORKER_FAILED');
  });
});
