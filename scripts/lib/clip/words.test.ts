import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../../src/contracts/errors.ts';
import { barLine, progressBar } from './progress-bar.ts';
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

describe('progress bar', () => {
  test('fits the terminal', () => {
    const view = { stage: 'render', progress: 0.5, etaS: 5.2 } as const;
    expect(barLine(view, 80)).toBe(`[${'#'.repeat(20)}${' '.repeat(20)}]  50 % drawing, 6 s left`);
    for (const columns of [1, 10, 20, 40, 80]) expect(barLine(view, columns).length).toBeLessThan(columns);
  });

  test('is silent where there is no terminal', () => {
    const written: string[] = [];
    const bar = progressBar({ write: (text) => written.push(text) });
    bar.update({ stage: 'prepare', progress: 0, etaS: null });
    bar.clear();
    expect(written).toEqual([]);
  });
});
