import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { projectPath } from './paths.ts';

/** What a finished command left. */
export interface CommandResult {
  readonly status: number;
  /** Standard output and error together, in order; empty when they were shown as they came. */
  readonly output: string;
  readonly ms: number;
}

/**
 * Runs a JavaScript program of an npm package with this Node, in the project's root.
 *
 * @param script path below `node_modules`.
 * @param show true to let it write to the terminal, false to keep its output.
 * @param env variables set for it besides the caller's.
 */
export function runPackage(
  script: string,
  args: readonly string[],
  show = false,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [projectPath(`node_modules/${script}`), ...args], {
      cwd: projectPath(''),
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      env: { ...process.env, ...(show ? {} : { NO_COLOR: '1', FORCE_COLOR: '0' }), ...env },
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({
        status: code ?? 1,
        output: stripVTControlCharacters(Buffer.concat(chunks).toString('utf8')).trim(),
        ms: performance.now() - startMs,
      });
    });
  });
}
