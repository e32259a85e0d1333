import { parseArgs } from 'node:util';
import { buildApp, stepLine } from './lib/build-app.ts';
import { checkFormat, checkImports, checkLint, checkTypes, type CheckResult } from './lib/checks.ts';
import { ensurePrograms } from './lib/system.ts';
import { runVitest } from './lib/vitest-report.ts';

const CHECKS: Readonly<Record<string, () => Promise<CheckResult>>> = {
  types: checkTypes,
  lint: checkLint,
  format: checkFormat,
  imports: checkImports,
};
const PROJECTS = ['unit', 'browser', 'e2e'] as const;
const STAGES = [...Object.keys(CHECKS), ...PROJECTS];

const USAGE = `npm test -- [STAGE …] [--files TEXT …]

Runs everything, or the named stages: ${STAGES.join(', ')}.

  --files TEXT   only test files whose path contains TEXT`;

/** One line of the summary at the end. */
interface Line {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function heading(text: string): void {
  console.log(`\n── ${text}`);
}

async function runChecks(names: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  for (const name of names) {
    const run = CHECKS[name];
    if (run === undefined) continue;
    const result = await run();
    console.log(`${result.ok ? 'passed' : 'FAILED'}  ${result.name}  ${seconds(result.ms)}`);
    if (result.output !== '') console.log(result.output);
    lines.push({
      name: result.name,
      passed: result.ok ? 1 : 0,
      failed: result.ok ? 0 : 1,
      skipped: 0,
      ms: result.ms,
    });
  }
  return lines;
}

async function build(): Promise<Line | null> {
  const startMs = performance.now();
  try {
    await buildApp((step) => console.log(stepLine(step)));
    return null;
  } catch (error) {
    console.log(error instanceof Error ? error.message : String(error));
    return { name: 'build', passed: 0, failed: 1, skipped: 0, ms: performance.now() - startMs };
  }
}

async function runTests(wanted: readonly string[], files: readonly string[]): Promise<Line[]> {
  const projects = PROJECTS.filter((project) => wanted.includes(project));
  if (projects.length === 0) return [];
  heading('programs and build');
  const missing = ensurePrograms((line) => console.log(line));
  missing.forEach((line) => console.log(line));
  const lines: Line[] = missing.map((name) => ({ name, passed: 0, failed: 1, skipped: 0, ms: 0 }));
  const failedBuild = await build();
  if (failedBuild !== null) lines.push(failedBuild);
  for (const project of projects) {
    heading(project);
    lines.push({ name: project, ...(await runVitest(project, files)) });
  }
  return lines;
}

function summary(lines: readonly Line[]): void {
  heading('summary');
  for (const line of lines) {
    const skipped = line.skipped > 0 ? `, ${line.skipped} skipped` : '';
    console.log(
      `${line.name.padEnd(14)} ${line.passed} passed, ${line.failed} failed${skipped}  ${seconds(line.ms)}`,
    );
  }
  const passed = lines.reduce((sum, line) => sum + line.passed, 0);
  const failed = lines.reduce((sum, line) => sum + line.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { files: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
  });
  const unknown = positionals.filter((name) => !STAGES.includes(name));
  if (values.help === true || unknown.length > 0) {
    console.log(unknown.length > 0 ? `no stage is called ${unknown.join(', ')}\n\n${USAGE}` : USAGE);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  const wanted = positionals.length > 0 ? positionals : STAGES;
  heading('checks');
  const checks = await runChecks(wanted);
  summary([...checks, ...(await runTests(wanted, values.files ?? []))]);
}

await main();
