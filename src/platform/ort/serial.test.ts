import { describe, expect, test } from 'vitest';
import { wasmThreads } from './adapter.ts';
import { MemoLoader, SerialQueue } from './serial.ts';

describe('the queue', () => {
  test('runs one task at a time, in order', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const task = (name: string) => async (): Promise<string> => {
      log.push(`${name} starts`);
      await Promise.resolve();
      log.push(`${name} ends`);
      return name;
    };
    expect(await Promise.all([queue.run(task('a')), queue.run(task('b'))])).toEqual(['a', 'b']);
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends']);
  });

  test('goes on after a failed task', async () => {
    const queue = new SerialQueue();
    const failing = queue.run(() => Promise.reject(new Error('first')));
    const next = queue.run(() => Promise.resolve(2));
    await expect(failing).rejects.toThrow('first');
    expect(await next).toBe(2);
  });
});

describe('the loader', () => {
  test('loads each key once', async () => {
    let loads = 0;
    const loader = new MemoLoader((key: string) => Promise.resolve(`${key}${++loads}`));
    expect(await Promise.all([loader.get('a'), loader.get('a'), loader.get('b')])).toEqual([
      'a1',
      'a1',
      'b2',
    ]);
  });

  test('forgets a failure', async () => {
    let loads = 0;
    const loader = new MemoLoader((_: string) => {
      loads++;
      return loads === 1 ? Promise.reject(new Error('offline')) : Promise.resolve(loads);
    });
    await expect(loader.get('a')).rejects.toThrow('offline');
    expect(await loader.get('a')).toBe(2);
  });

  test('clearing gives back what was loaded', async () => {
    const loader = new MemoLoader((key: number) => Promise.resolve(key));
    await loader.get(1);
    expect(await Promise.all(loader.clear())).toEqual([1]);
    expect(loader.clear()).toEqual([]);
  });
});

test('threads need isolation, and small networks few of them', () => {
  expect(wasmThreads(false, 16)).toBe(1);
  expect(wasmThreads(true, 1)).toBe(1);
  expect(wasmThreads(true, 2)).toBe(1);
  expect(wasmThreads(true, 4)).toBe(2);
  expect(wasmThreads(true, 64)).toBe(2);
});
