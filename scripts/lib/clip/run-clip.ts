import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { AppError } from '../../../src/contracts/errors.ts';
import { FLOW_GRAPHS } from '../../../src/contracts/flow.ts';
import type { HeadlessOffer, HeadlessResult, StageTimes } from '../../../src/contracts/headless.api.ts';
import { readArguments, USAGE, type ClipCommand } from './arguments.ts';
import { openOutput } from './output-file.ts';
import { findPack, type PackPlace } from './pack-choice.ts';
import { progressBar, type ProgressBar, type Terminal } from './progress-bar.ts';
import { sayError } from './say-error.ts';
import { needsOf, type ClipSession, type SessionNeeds } from './session.ts';

/** What a command line is connected to. */
export interface ClipIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Where the progress bar goes. */
  readonly terminal: Terminal;
  /** What relative paths are relative to, absolute. */
  readonly folder: string;
  /** Gives the browser with the pipeline; called only when all input is good. Its owner closes it. */
  readonly session: (needs: SessionNeeds) => Promise<ClipSession>;
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

type Clip = Extract<ClipCommand, { kind: 'clip' }>;

/** What was made, and by what. */
interface Made {
  readonly result: HeadlessResult;
  /** Null for the portrait pack. */
  readonly offer: HeadlessOffer | null;
}

/** What `--json` says of a flow pack's work; times in milliseconds. */
function flowJson({ result: { flow }, offer }: Made): Readonly<Record<string, unknown>> {
  if (flow === undefined || offer === null) return {};
  const { size, frames, fps, times } = flow;
  const { runs, openMs, runMs, sinkMs, totalMs } = times;
  return {
    flow: {
      version: flow.version,
      licence: offer.licence,
      trust: offer.trust,
      model: { width: size.width, height: size.height, frames, fps },
      timesMs: {
        open: openMs,
        run: runMs,
        sink: sinkMs,
        total: totalMs,
        steps: runs[FLOW_GRAPHS.step] ?? [],
        tiles: runs[FLOW_GRAPHS.decode] ?? [],
      },
    },
  };
}

/** The object that `--json` prints. */
function jsonOf(command: Clip, made: Made): string {
  const { result } = made;
  const { width, height, fps, frames, seconds, sizeBytes, pack, provider, renderer, notices, stagesMs } =
    result;
  const { decode, perceive, firstFrame, render, encode, verify, total } = stagesMs;
  const times: StageTimes = { decode, perceive, firstFrame, render, encode, verify, total };
  const thousandths = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  const clip = { width, height, fps, frames, seconds, sizeBytes, pack, provider, renderer, notices };
  return JSON.stringify({ out: command.out, ...clip, ...flowJson(made), stagesMs: times }, thousandths);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** `8 × 0.52 s`, of runs in milliseconds. */
const runsOf = (runs: readonly number[]): string => `${runs.length} × ${(mean(runs) / 1000).toFixed(2)} s`;

function flowLines({ pack, provider, flow }: HeadlessResult): string[] {
  if (flow === undefined) return [];
  const { runs } = flow.times;
  const model = `${flow.size.width}×${flow.size.height}, ${flow.frames} frames`;
  const steps = `steps ${runsOf(runs[FLOW_GRAPHS.step] ?? [])}`;
  const tiles = `tiles ${runsOf(runs[FLOW_GRAPHS.decode] ?? [])}`;
  return [`by ${pack} ${flow.version}: ${model}, ${provider}, ${steps}, ${tiles}`];
}

function plainOf(command: Clip, { result }: Made): string[] {
  const size = `${(result.sizeBytes / 1e6).toFixed(1)} MB`;
  const took = `${(result.stagesMs.total / 1000).toFixed(1)} s`;
  return [
    `${command.out}  ${result.width}×${result.height}, ${result.seconds} s, ${result.fps} fps, ${size}, made in ${took}`,
    ...flowLines(result),
    ...result.notices.map((notice) => `note: ${notice.message}`),
  ];
}

/** Words of someone else's, without what moves a terminal's cursor. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

function offerLines({ id, version, title, licence, bytes, trust, keyId }: HeadlessOffer): string[] {
  const line = `pack ${id} ${version}: ${plain(title)}, ${(bytes / 1e6).toFixed(1)} MB, licence ${plain(licence)}`;
  if (trust === 'trusted') return [line];
  const why =
    trust === 'unsigned'
      ? 'nobody has signed this pack'
      : `this pack is signed by ${keyId ?? '?'}, a key unknown here`;
  return [line, `warning: ${why}; it is used because you named it, so be sure of where it comes from`];
}

/** Looks at a pack, says what it is, and installs it. */
async function bring(
  session: ClipSession,
  place: PackPlace,
  io: ClipIo,
  bar: ProgressBar,
): Promise<HeadlessOffer> {
  const offer = await session.look(place);
  offerLines(offer).forEach(io.err);
  await session.install(place, bar.install);
  bar.clear();
  return offer;
}

async function interrupted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal === undefined) return;
    const fail = (): void => reject(new DOMException('interrupted', 'AbortError'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

async function make(command: Clip, io: ClipIo): Promise<Made> {
  const place = await findPack(command.pack);
  await checkPicture(command.picture);
  const output = await openOutput(command.out, command.picture);
  const bar = progressBar(io.terminal);
  try {
    const work = async (): Promise<Made> => {
      const session = await io.session(needsOf(place));
      const offer = place === null ? null : await bring(session, place, io, bar);
      const settings = offer === null ? command.settings : { ...command.settings, pack: offer.id };
      const job = { picture: command.picture, settings, partPath: output.partPath };
      const result = await session.make(job, bar.update, ({ sentence }) => {
        bar.clear();
        io.err(sentence);
      });
      return { result, offer };
    };
    const made = await Promise.race([work(), interrupted(io.signal)]);
    const { size } = await stat(output.partPath);
    if (size === 0 || size !== made.result.sizeBytes) {
      throw new AppError('ERR_MEDIA_VERIFY_FAILED', `${size} bytes arrived, not ${made.result.sizeBytes}`);
    }
    await output.commit();
    return made;
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
  let isFlow = false;
  try {
    const command = readArguments(args, io.folder);
    if (command.kind === 'help') {
      io.out(USAGE);
      return EXIT.done;
    }
    isFlow = command.pack.kind !== 'portrait';
    const made = await make(command, io);
    if (command.json) io.out(jsonOf(command, made));
    else plainOf(command, made).forEach(io.out);
    return EXIT.done;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return EXIT.interrupted;
    if (error instanceof AppError) io.err(sayError(error, isFlow));
    else {
      const say = error instanceof Error ? error.message : String(error);
      io.err(sayError({ code: 'ERR_WORKER_FAILED', details: { say } }));
    }
    return EXIT.failed;
  }
}
