import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../../src/contracts/errors.ts';
import { barLine, packLine, progressBar } from './progress-bar.ts';
import { sayError } from './say-error.ts';

describe('sayError', () => {
  test.each(ERROR_CODES)('%s is one line that says what to do', (code) => {
    const line = sayError({ code });
    expect(line).toMatch(new RegExp(`^error ${code}: \\S.*[.)]$`));
    expect(line).not.toContain('\n');
  });

  test('says what is special first', () => {
    expect(sayError({ code: 'ERR_INPUT_ARGUMENT', details: { say: 'no picture is named' } })).toBe(
      'error ERR_INPUT_ARGUMENT: No picture is named. See --help.',
    );
  });
});

describe('sayError of a flow pack', () => {
  test.each(ERROR_CODES)('%s is one line that says what to do, and nothing of the portrait pack', (code) => {
    const line = sayError({ code }, true);
    expect(line).toMatch(new RegExp(`^error ${code}: \\S.*[.)]$`));
    if (code !== 'ERR_INPUT_PACK') expect(line).not.toMatch(/portrait/i);
  });

  test.each([
    ['ERR_MODEL_MISSING', { file: 'pack.json', why: 'it is not there' }, /no pack\.json/],
    ['ERR_MODEL_MISSING', { file: 'a.bin', why: 'the server answered 404' }, /lacks a\.bin\./],
    ['ERR_MODEL_MISSING', { file: 'a.bin', why: 'the server answered with a page' }, /a page comes instead/],
    ['ERR_MODEL_MISSING', { graph: 'vae_decode' }, /has no graph vae_decode\./],
    ['ERR_MODEL_DAMAGED', { file: 'a.bin' }, /a\.bin isn't what pack\.json says/],
    ['ERR_MODEL_DAMAGED', { path: 'graphs.0.sha256' }, /at graphs\.0\.sha256/],
    ['ERR_MODEL_UNREACHABLE', { why: 'no connection' }, /Access-Control-Allow-Origin/],
    ['ERR_MODEL_FAILED', { why: 'does-not-fit', sentence: 'Does not fit.' }, /FAILED: Does not fit\.$/],
    ['ERR_STORE_QUOTA', { needBytes: 2e9, freeBytes: 1e6 }, /needs 2000 MB, and 1 MB are free/],
    ['ERR_MEDIA_VERIFY_FAILED', { check: 'frames' }, /didn’t pass its check/],
    [
      'ERR_MEDIA_VERIFY_FAILED',
      { check: 'first frame like the picture', db: 14.02, least: 15.4 },
      /can't draw this picture: .* \(14\.0 dB of at least 15\.4\)/,
    ],
    ['ERR_INPUT_PACK', { why: 'portrait-engine' }, /is no flow pack/],
    ['ERR_INPUT_PACK', { why: 'reserved-id' }, /calls itself portrait/],
  ] as const)('%s of %j', (code, details, words) => {
    expect(sayError({ code, details }, true)).toMatch(words);
  });

  test('lets no name move the cursor of a terminal', () => {
    const line = sayError({ code: 'ERR_MODEL_DAMAGED', details: { file: 'a\u001b[2Jb\r' } }, true);
    expect(line).toMatch(/^[^\p{Cc}]+$/u);
  });
});

describe('progress bar', () => {
  test('fits the terminal', () => {
    const view = { stage: 'render', progress: 0.5, etaS: 5.2 } as const;
    expect(barLine(view, 80)).toBe(`[${'#'.repeat(20)}${' '.repeat(20)}]  50 % drawing, 6 s left`);
    for (const columns of [1, 10, 20, 40, 80]) expect(barLine(view, columns).length).toBeLessThan(columns);
  });

  test('tells the steps of a flow pack', () => {
    const view = {
      stage: 'render',
      progress: 0.25,
      etaS: 61,
      step: { stage: 'step', done: 2, total: 8 },
    } as const;
    expect(barLine(view, 80)).toMatch(/ 25 % step 2 of 8, 61 s left$/);
    expect(barLine({ ...view, stage: 'verify' }, 80)).toMatch(/ checking, 61 s left$/);
  });

  test('tells the bytes of a pack, and what is waited for', () => {
    const progress = {
      phase: 'download',
      ...{ doneBytes: 5e8, totalBytes: 2e9, bytesPerSecond: 1e8, waiting: null },
    } as const;
    expect(packLine(progress, 90)).toMatch(/ 25 % fetching the pack, 0\.50 of 2\.00 GB, 15 s left$/);
    const waiting = { tries: 1, nextMs: 3500, why: 'ERR_MODEL_UNREACHABLE' } as const;
    expect(packLine({ ...progress, waiting }, 90)).toMatch(/no answer, trying again in 4 s$/);
    expect(packLine({ ...progress, totalBytes: 0 }, 20).length).toBeLessThan(20);
  });

  test('is silent where there is no terminal', () => {
    const written: string[] = [];
    const bar = progressBar({ write: (text) => written.push(text) });
    bar.update({ stage: 'prepare', progress: 0, etaS: null });
    bar.install({ phase: 'copy', doneBytes: 0, totalBytes: 1, bytesPerSecond: null, waiting: null });
    bar.clear();
    expect(written).toEqual([]);
  });
});
