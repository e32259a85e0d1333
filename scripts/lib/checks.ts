import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { projectPath } from './paths.ts';
import { runPackage } from './run-command.ts';

/** What a check of the source found. */
export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** What the tool said; empty when it had nothing to say. */
  readonly output: string;
  readonly ms: number;
}

async function mapLimited<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = [];
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, lane));
  return results;
}

/** Compiles each room with its own `lib`, as many at a time as there are cores. */
export async function checkTypes(): Promise<CheckResult> {
  const startMs = performance.now();
  const names = (await readdir(projectPath('')))
    .filter((name) => /^tsconfig\.\w[\w-]*\.json$/.test(name) && name !== 'tsconfig.base.json')
    .sort();
  const results = await mapLimited(names, async (name) => {
    const { status, output } = await runPackage('typescript/bin/tsc', ['-p', name, '--pretty', 'false']);
    return { name, status, output };
  });
  const bad = results.filter((result) => result.status !== 0);
  return {
    name: 'types',
    ok: names.length > 0 && bad.length === 0,
    output: bad.map((result) => `${result.name}\n${result.output}`).join('\n'),
    ms: performance.now() - startMs,
  };
}

async function check(name: string, script: string, args: readonly string[]): Promise<CheckResult> {
  const { status, output, ms } = await runPackage(script, args);
  return { name, ok: status === 0, output: status === 0 ? '' : output, ms };
}

/** Type-checked lint; a warning counts as a failure. */
export function checkLint(): Promise<CheckResult> {
  return check('lint', 'eslint/bin/eslint.js', ['.', '--max-warnings', '0']);
}

/** Formatting of every file that the formatter knows. */
export function checkFormat(): Promise<CheckResult> {
  return check('format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']);
}

/** What each room may import. */
export function checkImports(): Promise<CheckResult> {
  return check('import rules', 'dependency-cruiser/bin/dependency-cruise.mjs', [
    '--config',
    '.dependency-cruiser.cjs',
    ...['src', 'workers', 'models', 'scripts', 'test', 'license-api'],
  ]);
}
