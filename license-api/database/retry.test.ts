import { expect, test } from 'vitest';
import { safeInteger, withRetry } from './retry.ts';

const failure = (code: string): Error => Object.assign(new Error(code), { code });

test('what the database gave up is run again, a bounded number of times', async () => {
  let runs = 0;
  const twice = async (): Promise<string> => {
    runs++;
    if (runs < 3) throw failure('40001');
    return 'done';
  };
  expect(await withRetry(twice)).toBe('done');
  expect(runs).toBe(3);
  runs = 0;
  const always = async (): Promise<never> => {
    runs++;
    throw failure('40P01');
  };
  await expect(withRetry(always)).rejects.toMatchObject({ code: 'ERR_SERVER_BUSY', status: 503 });
  expect(runs).toBe(6);
});

test('everything else is thrown at once', async () => {
  let runs = 0;
  const broken = async (): Promise<never> => {
    runs++;
    throw failure('42601');
  };
  await expect(withRetry(broken)).rejects.toMatchObject({ code: '42601' });
  expect(runs).toBe(1);
});

test('a BIGINT beyond what a number holds is refused', () => {
  expect(safeInteger('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  expect(() => safeInteger('9007199254740993')).toThrow(RangeError);
});
