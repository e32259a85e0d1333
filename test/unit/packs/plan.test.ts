import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { entriesByPath } from '../../../src/platform/packs/paths.ts';
import { Patience } from '../../../src/platform/packs/patience.ts';
import { chunkCount, chunkSpan, refuseClimbing } from '../../../src/platform/packs/plan.ts';
import type { PackTime } from '../../../src/platform/packs/time.ts';

const codeOf = (call: () => unknown): string => {
  try {
    call();
    return 'none';
  } catch (cause) {
    return cause instanceof AppError ? cause.code : String(cause);
  }
};
const entries = (...paths: string[]) => entriesByPath(paths.map((path) => [path, path] as const));

describe('names of a folder or an archive', () => {
  it('never lead out of it, whatever they are', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'B', 'C:', 'x.bin', '..x', 'x..', '\\', '\0', '...');
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.boolean(), (parts, isAbsolute) => {
        const path = (isAbsolute ? '/' : '') + parts.join('/');
        if (codeOf(() => entries('pack.json', path)) !== 'none') return;
        // What is let through is the same place for a browser's own reading of an address.
        expect(new URL(encodeURI(path), 'https://x.example/pack/').pathname).toBe(`/pack/${encodeURI(path)}`);
        expect(path).not.toMatch(/\\|\0|^[a-z]:/i);
      }),
    );
  });

  it('are taken from where pack.json lies, and from there only', () => {
    expect([...entries('pack.json', 'a/b').keys()]).toEqual(['pack.json', 'a/b']);
    expect([...entries('my pack/pack.json', 'my pack/a/b', 'other').keys()]).toEqual(['pack.json', 'a/b']);
    expect(codeOf(() => entries('a/b/pack.json'))).toBe('ERR_MODEL_MISSING');
    expect(codeOf(() => entries('a/pack.json', 'b/pack.json'))).toBe('ERR_MODEL_MISSING');
    expect(codeOf(() => entries('pack.json', 'ä', 'a\u0308'))).toBe('ERR_MODEL_UNSAFE');
  });

  it('are refused in pack.json wherever a file may stand, and nowhere else', () => {
    expect(codeOf(() => refuseClimbing({ graphs: [{ shards: [{ path: 'a/../../b' }] }] }))).toBe(
      'ERR_MODEL_UNSAFE',
    );
    expect(codeOf(() => refuseClimbing({ files: [{ file: '\\\\server\\share' }] }))).toBe('ERR_MODEL_UNSAFE');
    expect(codeOf(() => refuseClimbing({ files: [{ file: 'a..b/c' }], constants: { path: '../x' } }))).toBe(
      'none',
    );
  });
});

describe('chunks', () => {
  it('cover a file without a gap or an overlap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 3_000 }),
        (bytes, chunkBytes) => {
          const file = { path: 'x', bytes, sha256: '', chunks: null };
          let at = 0;
          for (let index = 0; index < chunkCount(bytes, chunkBytes); index += 1) {
            const [from, to] = chunkSpan(file, index, chunkBytes);
            expect(from).toBe(at);
            expect(to - from).toBeGreaterThan(0);
            expect(to - from).toBeLessThanOrEqual(chunkBytes);
            at = to;
          }
          expect(at).toBe(bytes);
        },
      ),
    );
  });
});

describe('patience', () => {
  const waits: number[] = [];
  const time: PackTime = {
    nowMs: () => 0,
    after(ms, call) {
      waits.push(ms);
      queueMicrotask(call);
      return () => undefined;
    },
  };
  const trouble = (retryAfterMs?: number): AppError =>
    new AppError('ERR_MODEL_UNREACHABLE', 'down', {
      retryable: true,
      ...(retryAfterMs === undefined ? {} : { details: { retryAfterMs } }),
    });
  const make = (): Patience => {
    waits.length = 0;
    return new Patience(
      { time, triesMax: 5, firstMs: 1000, longestMs: 3000, askedMs: 60_000 },
      () => undefined,
    );
  };
  const { signal } = new AbortController();

  it('waits longer each time, up to a limit, and starts anew with progress', async () => {
    const patience = make();
    for (let tries = 0; tries < 4; tries += 1) await patience.after(trouble(), signal);
    await expect(patience.after(trouble(), signal)).rejects.toMatchObject({ code: 'ERR_MODEL_UNREACHABLE' });
    patience.progress();
    await patience.after(trouble(), signal);
    expect(waits).toHaveLength(5);
    for (const [index, ms] of [1000, 2000, 3000, 3000, 1000].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(0.75 * ms);
      expect(waits[index]).toBeLessThanOrEqual(ms);
    }
  });

  it('counts what fails together once, gives the pause that is asked for, but not any', async () => {
    const patience = make();
    await Promise.all([
      patience.after(trouble(9_000), signal),
      patience.after(trouble(), signal),
      patience.ready(),
    ]);
    expect(waits).toEqual([9_000]);
    await expect(patience.after(trouble(60_001), signal)).rejects.toMatchObject({
      code: 'ERR_MODEL_UNREACHABLE',
    });
    expect(waits).toHaveLength(1);
  });

  it('has none with what no waiting mends, nor with a cancelled wait', async () => {
    const patience = make();
    const damaged = new AppError('ERR_MODEL_DAMAGED', 'wrong', { retryable: true });
    await expect(patience.after(damaged, signal)).rejects.toBe(damaged);
    await expect(patience.after(trouble(), AbortSignal.abort())).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(waits).toEqual([]);
  });
});
