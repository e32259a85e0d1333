import { expect, test } from 'vitest';
import { countReport } from './vitest-report.ts';

const file = (status: string, ...statuses: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: statuses.map((each) => ({ status: each })),
});

test('counts what passed, failed and was skipped', () => {
  const report = {
    testResults: [file('passed', 'passed', 'skipped'), file('failed', 'passed', 'failed', 'todo')],
  };
  expect(countReport(JSON.stringify(report))).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test('counts a file that did not load as one failure', () => {
  expect(countReport(JSON.stringify({ testResults: [file('failed')] }))).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

test('does not count a file twice', () => {
  expect(countReport(JSON.stringify({ testResults: [file('failed', 'failed')] }))?.failed).toBe(1);
});

test('knows what is no report', () => {
  expect(countReport('')).toBeNull();
  expect(countReport('null')).toBeNull();
  expect(countReport('{"testResults":1}')).toBeNull();
});
