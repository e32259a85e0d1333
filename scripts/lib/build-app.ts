import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPortraitPack } from '../../models/portrait/build.ts';
import { buildSamples } from '../samples/build.ts';
import { projectPath } from './paths.ts';
import { runPackage } from './run-command.ts';

/** Folder of the built application. */
export const DIST = projectPath('dist');

const STAMP = projectPath('.cache/build-stamp');

/** onnxruntime's WebAssembly build, and its WebGPU builds with and without stack switching; the worker picks one. */
const RUNTIME_FILES = ['', '.jspi', '.asyncify'].flatMap((variant) =>
  ['mjs', 'wasm'].map((ending) => `ort-wasm-simd-threaded${variant}.${ending}`),
);

/** Everything that the built application is made of. */
const SOURCES = [
  'index.html',
  'headless.html',
  'package-lock.json',
  'vite.config.ts',
  'scripts/lib',
  'public',
  'src',
  'workers',
];

/** One step of {@link buildApp}, for a line on the terminal. */
export interface BuildStep {
  readonly name: string;
  readonly ms: number;
  readonly cached: boolean;
  readonly note?: string;
}

/** Puts onnxruntime's files where pages find them. @returns whether they were there already */
export async function copyRuntime(): Promise<boolean> {
  const from = projectPath('node_modules/onnxruntime-web/dist');
  const to = projectPath('public/ort');
  await mkdir(to, { recursive: true });
  let cached = true;
  for (const name of RUNTIME_FILES) {
    const source = await stat(join(from, name));
    const copy = await stat(join(to, name)).catch(() => null);
    if (copy?.size === source.size && copy.mtimeMs >= source.mtimeMs) continue;
    await copyFile(join(from, name), join(to, name));
    cached = false;
  }
  for (const name of await readdir(to)) {
    if (!RUNTIME_FILES.includes(name)) await rm(join(to, name), { recursive: true });
  }
  return cached;
}

async function listFiles(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => null);
  if (info === null) return [];
  if (info.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** One hash over the names and contents of everything in {@link SOURCES}; tests beside their source don't count. */
async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const path of (await listFiles(projectPath(source))).sort()) {
      if (path.endsWith('.test.ts')) continue;
      hash.update(`${path}\0`).update(await readFile(path));
    }
  }
  return hash.digest('hex');
}

async function bundle(): Promise<boolean> {
  const hash = await sourceHash();
  const stamp = await readFile(STAMP, 'utf8').catch(() => '');
  if (stamp === hash && existsSync(join(DIST, 'index.html'))) return true;
  await rm(STAMP, { force: true });
  const { status, output } = await runPackage('vite/bin/vite.js', ['build', '--logLevel', 'warn'], false, {
    // A test runner's own NODE_ENV would bundle the development builds of libraries.
    NODE_ENV: 'production',
  });
  if (status !== 0) throw new Error(`the application could not be built:\n${output}`);
  await mkdir(projectPath('.cache'), { recursive: true });
  await writeFile(STAMP, hash);
  return false;
}

async function timed(
  name: string,
  log: (step: BuildStep) => void,
  work: () => Promise<boolean | { readonly cached: boolean; readonly note?: string }>,
): Promise<void> {
  const startMs = performance.now();
  const result = await work();
  const { cached, ...rest } = typeof result === 'boolean' ? { cached: result } : result;
  log({ name, ms: performance.now() - startMs, cached, ...rest });
}

/**
 * Builds what is not yet built or has changed: the portrait pack, the samples, the runtime's files, the application.
 *
 * @param log called once after each step.
 * @throws Error when a step fails, with what the tool said.
 */
export async function buildApp(log: (step: BuildStep) => void = () => undefined): Promise<void> {
  await timed('pack', log, async () => {
    const { bytes, current } = await buildPortraitPack();
    return { cached: current, note: `${(bytes / 1e6).toFixed(1)} MB` };
  });
  await timed('samples', log, async () => {
    let fetched = 0;
    await buildSamples(() => fetched++);
    return fetched === 0;
  });
  await timed('runtime', log, copyRuntime);
  await timed('application', log, bundle);
}

/** A build step in one line. */
export function stepLine(step: BuildStep): string {
  const time = step.cached ? 'unchanged' : `${(step.ms / 1000).toFixed(1)} s`;
  return `${step.name.padEnd(12)} ${time}${step.note === undefined ? '' : ` · ${step.note}`}`;
}
