import { readFile, rm } from 'node:fs/promises';
import { projectPath } from './paths.ts';
import { runPackage } from './run-command.ts';

/** Tests of one run, counted. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is counted. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function isReport(value: unknown): value is Report {
  return (
    typeof value === 'object' && value !== null && 'testResults' in value && Array.isArray(value.testResults)
  );
}

/**
 * Counts a report of vitest's JSON reporter.
 *
 * A file that failed without a failed test of its own (it did not load, or a hook threw) counts as one failure.
 *
 * @param json text of the report.
 * @returns null when the text is no such report.
 */
export function countReport(json: string): Tally | null {
  let report: unknown;
  try {
    report = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isReport(report)) return null;
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of report.testResults) {
    const failedBefore = failed;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') passed++;
      else if (status === 'failed') failed++;
      else skipped++;
    }
    if (file.status === 'failed' && failed === failedBefore) failed++;
  }
  return { passed, failed, skipped };
}

/**
 * Runs one vitest project, shows what it says, and counts its own report.
 *
 * A run without a report, without a test, or with a status of failure and no failed test counts as one failure.
 *
 * @param project name in `vitest.config.ts`.
 * @param files parts of the paths of the files to run; empty means all.
 */
export async function runVitest(
  project: string,
  files: readonly string[],
): Promise<Tally & { readonly ms: number }> {
  const path = projectPath(`.cache/reports/${project}.json`);
  await rm(path, { force: true });
  const args = ['run', '--project', project, ...files];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const { status, ms } = await runPackage('vitest/vitest.mjs', [...args, ...reporters], true);
  const tally = countReport(await readFile(path, 'utf8').catch(() => ''));
  if (tally === null || tally.passed + tally.failed === 0) return { passed: 0, failed: 1, skipped: 0, ms };
  if (status !== 0 && tally.failed === 0) return { ...tally, failed: 1, ms };
  return { ...tally, ms };
}
