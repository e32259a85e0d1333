import { spawn } from 'node:child_process';

/** Pixels, RGBA, 8 bits, rows without padding. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What ffprobe knows of a file's first picture stream. */
export interface StreamFacts {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
}

interface Running {
  readonly chunks: AsyncIterable<Buffer>;
  /** Resolves once the program has ended well. */
  readonly done: Promise<void>;
}

function run(program: string, args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', (error) => {
      reject(new Error(`${program} can't be run (on Debian: apt-get install ffmpeg): ${error.message}`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} failed: ${Buffer.concat(complaints).toString('utf8').trim()}`));
    });
  });
  done.catch(() => undefined);
  return { chunks: child.stdout, done };
}

/**
 * Size, rate and number of frames.
 *
 * @throws Error when the file holds no picture or ffprobe is missing
 */
export async function probe(path: string): Promise<StreamFacts> {
  const { chunks, done } = run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-of', 'json'],
    ...['-show_entries', 'stream=width,height,r_frame_rate,nb_read_packets', path],
  ]);
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  await done;
  const parsed: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
  const streams =
    typeof parsed === 'object' && parsed !== null && 'streams' in parsed && Array.isArray(parsed.streams)
      ? (parsed.streams as readonly Readonly<Record<string, unknown>>[])
      : [];
  const stream = streams[0];
  if (stream === undefined) throw new Error(`${path} holds no picture`);
  const [above, below] = String(stream['r_frame_rate']).split('/').map(Number);
  return {
    width: Number(stream['width']),
    height: Number(stream['height']),
    fps: (above ?? 0) / (below ?? 1),
    frames: Number(stream['nb_read_packets']),
  };
}

/** How {@link decode} scales. */
export interface DecodeOptions {
  /** Longest side in pixels; larger pictures are scaled down, smaller ones left alone. */
  readonly maxSidePx?: number;
  /** Keep one frame in this many. */
  readonly everyNth?: number;
}

/**
 * A picture's or a film's frames, in order, decoded by ffmpeg and not by anything of ours.
 *
 * @param path JPEG, PNG, WebP or MP4; an EXIF orientation is honoured
 * @returns rasters that the caller owns
 * @throws Error when it can't be decoded or ffmpeg is missing
 */
export async function* decode(path: string, options: DecodeOptions = {}): AsyncGenerator<Raster> {
  const facts = await probe(path);
  const scale = Math.min(1, (options.maxSidePx ?? Infinity) / Math.max(facts.width, facts.height));
  const width = Math.max(2, Math.round(facts.width * scale));
  const height = Math.max(2, Math.round(facts.height * scale));
  const nth = options.everyNth ?? 1;
  const filters = [`select=not(mod(n\\,${nth}))`, `scale=${width}:${height}:flags=area+accurate_rnd`];
  const { chunks, done } = run('ffmpeg', [
    ...['-v', 'error', '-i', path, '-vf', filters.join(','), '-fps_mode', 'passthrough'],
    ...['-f', 'rawvideo', '-pix_fmt', 'rgba', '-'],
  ]);
  const size = width * height * 4;
  let frame = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      const part = chunk.subarray(at, at + size - filled);
      frame.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === size) {
        yield { width, height, data: frame };
        frame = new Uint8Array(size);
        filled = 0;
      }
    }
  }
  await done;
}

/**
 * The first frame of a file.
 *
 * @throws Error as {@link decode}, and when there is no frame
 */
export async function decodeStill(path: string, options: DecodeOptions = {}): Promise<Raster> {
  for await (const raster of decode(path, options)) return raster;
  throw new Error(`${path} holds no picture`);
}
