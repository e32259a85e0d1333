import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { AppError } from '../../../src/contracts/errors.ts';
import type { HeadlessResult, StageTimes } from '../../../src/contracts/headless.api.ts';
import { readArguments, USAGE, type ClipCommand } from './arguments.ts';
import { openOutput } from './output-file.ts';
import { progressBar, type Terminal } from './progress-bar.ts';
import { sayError } from './say-error.ts';
import type { ClipSession } from './session.ts';

/** What a command line is connected to. */
export interface ClipIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Where the progress bar goes. */
  readonly terminal: Terminal;
  /** What relative paths are relative to, absolute. */
  readonly folder: string;
  /** Gives the browser with the pipeline; called only when all input is good. Its owner closes it. */
  readonly session: () => Promise<ClipSession>;
  /** Aborted by Ctrl-C. */
  readonly signal?: AbortSignal;
}

/** Exit statuses of the command line. */
export const EXIT = { done: 0, failed: 2, interrupted: 130 } as const;

async function checkPicture(path: string): Promise<void> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw new AppError('ERR_INPUT_NOT_FOUND', `${path} does not exist`);
  if (!info.isFile()) {
    const say = `${path} is not a file`;
    throw new AppError('ERR_INPUT_NOT_A_PICTURE', say, { details: { say } });
  }
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new AppError('ERR_INPUT_NOT_FOUND', `${path} may not be read`, { cause });
  });
}

/** The object that `--json` prints. */
function jsonOf(command: Extract<ClipCommand, { kind: 'clip' }>, result: HeadlessResult): string {
  const { width, height, fps, frames, seconds, sizeBytes, pack, provider, renderer, notices, stagesMs } =
    result;
  const { decode, perceive, firstFrame, render, encode, verify, total } = stagesMs;
  const times: StageTimes = { decode, perceive, firstFrame, render, encode, verify, total };
  const thousandths = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  const made = { width, height, fps, frames, seconds, sizeBytes, pack, provider, renderer, notices };
  return JSON.stringify({ out: command.out, ...made, stagesMs: times }, thousandths);
}

function plainOf(command: Extract<ClipCommand, { kind: 'clip' }>, result: HeadlessResult): string[] {
  const size = `${(result.sizeBytes / 1e6).toFixed(1)} MB`;
  const took = `${(result.stagesMs.total / 1000).toFixed(1)} s`;
  return [
    `${command.out}  ${result.width}×${result.height}, ${result.seconds} s, ${result.fps} fps, ${size}, made in ${took}`,
    ...result.notices.map((notice) => `note: ${notice.message}`),
  ];
}

async function interrupted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal === undefined) return;
    const fail = (): void => reject(new DOMException('interrupted', 'AbortError'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

async function make(command: Extract<ClipCommand, { kind: 'clip' }>, io: ClipIo): Promise<HeadlessResult> {
  await checkPicture(command.picture);
  const output = await openOutput(command.out, command.picture);
  const bar = progressBar(io.terminal);
  try {
    const work = async (): Promise<HeadlessResult> => {
      const session = await io.session();
      const { picture, settings } = command;
      return session.make({ picture, settings, partPath: output.partPath }, bar.update);
    };
    const result = await Promise.race([work(), interrupted(io.signal)]);
    const { size } = await stat(output.partPath);
    if (size === 0 || size !== result.sizeBytes) {
      throw new AppError('ERR_MEDIA_VERIFY_FAILED', `${size} bytes arrived, not ${result.sizeBytes}`);
    }
    await output.commit();
    return result;
  } finally {
    bar.clear();
    await output.discard();
  }
}

/**
 * One run of the command line.
 *
 * @param args what follows the program's name.
 * @returns the exit status.
 */
export async function runClip(args: readonly string[], io: ClipIo): Promise<number> {
  try {
    const command = readArguments(args, io.folder);
    if (command.kind === 'help') {
      io.out(USAGE);
      return EXIT.done;
    }
    const result = await make(command, io);
    if (command.json) io.out(jsonOf(command, result));
    else plainOf(command, result).forEach(io.out);
    return EXIT.done;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return EXIT.interrupted;
    if (error instanceof AppError) io.err(sayError(error));
    else {
      const say = error instanceof Error ? error.message : String(error);
      io.err(sayError({ code: 'ERR_WORKER_FAILED', details: { say } }));
    }
    return EXIT.failed;
  }
}
