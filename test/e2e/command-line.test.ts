import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { watch } from 'node:fs';
import { expect, test } from 'vitest';
import { projectPath } from '../../scripts/lib/paths.ts';
import { readResult } from './lib/clip-result.ts';
import { ffmpeg } from './lib/odd-pictures.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp();

interface Run {
  readonly child: ChildProcess;
  readonly done: Promise<{ readonly status: number | null; readonly out: string; readonly err: string }>;
}

/** Starts the command as a person would. */
const npmClip = (...args: readonly string[]): Run => npmClipIn(projectPath(''), ...args);

/** {@link npmClip} by a person who is in a folder of the project. */
function npmClipIn(folder: string, ...args: readonly string[]): Run {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const child = spawn(npm, ['run', '--silent', 'clip', '--', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal reaches it as Ctrl-C on a terminal does: all of it at once.
    detached: process.platform !== 'win32',
  });
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const done = once(child, 'close').then(() => ({ status: child.exitCode, out, err }));
  return { child, done };
}

/** npm warns of its own settings on standard error; our lines are the others. */
const own = (err: string): string =>
  err
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('npm '))
    .join('\n');

test('prints one object last and writes the file', async () => {
  const out = app.path('made.mp4');
  const args = ['--preset', 'look-around', '--out', out, '--resolution', '480p', '--fps', '24', '--json'];
  const { status, out: printed, err } = await npmClip(await portraitPath(), ...args).done;
  expect(own(err)).toBe('');
  expect(status).toBe(0);
  const result = readResult(printed);
  expect(result).toMatchObject({ out, fps: 24, frames: 72, pack: 'portrait' });
  expect((await stat(out)).size).toBe(result.sizeBytes);
});

/** Browser profiles that nobody uses any more. */
async function leftProfiles(): Promise<string[]> {
  const names = await readdir(projectPath('.cache/clip-profiles'));
  return names.filter((name) => {
    try {
      process.kill(Number(name.split('-')[0]), 0);
      return false;
    } catch {
      return true;
    }
  });
}

test('takes a flow pack from beside the person, and leaves no browser profile behind', async () => {
  const out = app.path('learned.mp4');
  const drawn = app.path('square.png');
  const square = 'color=c=0x26345c:s=256x256,drawbox=x=130:y=100:w=64:h=64:color=orange:t=fill';
  await ffmpeg('-f', 'lavfi', '-i', square, '-frames:v', '1', drawn);
  const args = ['--prompt', 'the square moves left quickly', '--pack', './learned', '--out', out];
  const run = npmClipIn(
    projectPath('models/tiny'),
    ...[drawn, ...args, '--resolution', '480p', '--fps', '24', '--json'],
  );
  const { status, out: printed, err } = await run.done;
  expect(own(err)).toMatch(/^pack tiny-learned .*, licence .+\nwarning: .+\nFits; .+$/);
  expect(status).toBe(0);
  expect(readResult(printed)).toMatchObject({ out, frames: 72, pack: 'tiny-learned' });
  expect(await leftProfiles()).toEqual([]);
}, 180_000);

test('ends with 2 and one line for bad input', async () => {
  const { status, out, err } = await npmClip(await portraitPath(), '--preset', 'dance', '--out', 'x.mp4')
    .done;
  expect(status).toBe(2);
  expect(out).toBe('');
  expect(own(err)).toMatch(/^error ERR_INPUT_PRESET: .*gentle-movement.*$/);
});

test('names the presets in its help', async () => {
  const { status, out } = await npmClip('--help').done;
  expect(status).toBe(0);
  for (const preset of ['gentle-movement', 'hair-in-wind', 'look-around']) expect(out).toContain(preset);
});

test.skipIf(process.platform === 'win32')('leaves nothing behind after Ctrl-C', async () => {
  const folder = app.path('interrupted');
  await mkdir(folder);
  const watcher = watch(folder);
  const begun = once(watcher, 'change');
  const { child, done } = npmClip(
    await portraitPath(),
    ...['--preset', 'look-around', '--out', `${folder}/clip.mp4`, '--seconds', '15', '--resolution', '1080p'],
  );
  await begun;
  watcher.close();
  expect(await readdir(folder)).toHaveLength(1);
  process.kill(-(child.pid ?? 0), 'SIGINT');
  const { status } = await done;
  expect(status).not.toBe(0);
  expect(await readdir(folder)).toEqual([]);
});
