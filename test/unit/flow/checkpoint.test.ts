import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCheckpoint, settingsHash, writeCheckpoint } from '../../../src/core/flow/checkpoint.ts';
import type { FlowCheckpoint } from '../../../src/core/flow/checkpoint.ts';

const state: FlowCheckpoint = {
  settings: settingsHash(['pack', 512, 320, 7]),
  seed: 4294967295,
  finished: [Float32Array.of(1, -2.5, 3e-20)],
  current: { tokens: Float32Array.of(0.1, 7, -0), done: 3 },
};

describe('a saved state', () => {
  test('comes back as it was', () => {
    const numbers = fc.float32Array({ maxLength: 40, noNaN: true });
    fc.assert(
      fc.property(
        fc.record({
          settings: fc.stringMatching(/^[0-9a-f]{64}$/),
          seed: fc.nat(0xffffffff),
          finished: fc.array(numbers, { maxLength: 3 }),
          current: fc.option(fc.record({ tokens: numbers, done: fc.nat(20) })),
        }),
        (made) => {
          expect(readCheckpoint(writeCheckpoint(made))).toEqual(made);
        },
      ),
    );
  });

  test('is read where it lies in a larger buffer', () => {
    const bytes = writeCheckpoint(state);
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 3);
    expect(readCheckpoint(larger.subarray(3, 3 + bytes.length))).toEqual(state);
  });

  test('is refused with any bit turned', () => {
    const bytes = writeCheckpoint(state);
    for (let i = 0; i < 8 * bytes.length; i++) {
      const bad = bytes.slice();
      bad[i >> 3] = (bad[i >> 3] ?? 0) ^ (1 << (i & 7));
      expect(() => readCheckpoint(bad)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^ERR_STORE_(FAILED|NEWER_VERSION)$/) as string,
        }),
      );
    }
  });

  test('is refused at any other length', () => {
    const bytes = writeCheckpoint(state);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => readCheckpoint(bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'ERR_STORE_FAILED' }),
      );
    }
    expect(() => readCheckpoint(new Uint8Array([...bytes, 0]))).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_FAILED' }),
    );
  });

  test('of a later release has a code of its own', () => {
    const bytes = writeCheckpoint(state);
    bytes[4] = 2;
    expect(() => readCheckpoint(bytes)).toThrow(
      expect.objectContaining({
        code: 'ERR_STORE_NEWER_VERSION',
        details: { what: 'checkpoint', version: 2 },
      }),
    );
  });
});

describe('the hash of settings', () => {
  test('tells any change, and where one value ends and the next begins', () => {
    const hashes = [
      settingsHash(['ab', 'c']),
      settingsHash(['a', 'bc']),
      settingsHash(['abc']),
      settingsHash([12, 3]),
      settingsHash([1, 23]),
      settingsHash([Float32Array.of(0)]),
      settingsHash([Float32Array.of(-0)]),
      settingsHash([Float32Array.of(0, 0)]),
      settingsHash([]),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(settingsHash(['ab', 'c'])).toBe(hashes[0]);
  });
});
