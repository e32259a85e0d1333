import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A box of an MP4 file. @source ISO/IEC 14496-12, 4.2 */
export interface Box {
  readonly type: string;
  /** Path from the file's root, as `moov/trak/mdia`. */
  readonly path: string;
  /** What follows the box's header. */
  readonly body: Buffer;
}

const CONTAINERS: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'udta', 'edts']);

/** Every box of a file in its order, with those inside the containers that lead to the sample description. */
export function listBoxes(file: Buffer, parent = ''): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at + 8 <= file.length) {
    let size = file.readUInt32BE(at);
    let head = 8;
    if (size === 1) {
      size = Number(file.readBigUInt64BE(at + 8));
      head = 16;
    } else if (size === 0) size = file.length - at;
    if (size < head || at + size > file.length) throw new Error(`box at ${at} has an impossible size`);
    const type = file.toString('latin1', at + 4, at + 8);
    const path = parent === '' ? type : `${parent}/${type}`;
    const body = file.subarray(at + head, at + size);
    boxes.push({ type, path, body });
    if (CONTAINERS.has(type)) boxes.push(...listBoxes(body, path));
    if (type === 'stsd') {
      boxes.push(...listBoxes(body.subarray(8), path));
    }
    // A visual sample entry has 78 bytes of its own before the boxes in it.
    if (type === 'avc1') boxes.push(...listBoxes(body.subarray(78), path));
    at += size;
  }
  return boxes;
}

/** What ffprobe says of a clip's one stream. */
export interface Probe {
  readonly streams: readonly {
    readonly codec_type: string;
    readonly codec_name: string;
    readonly profile: string;
    readonly width: number;
    readonly height: number;
    readonly pix_fmt: string;
    readonly color_range: string;
    readonly color_space: string;
    readonly color_primaries: string;
    readonly color_transfer: string;
    readonly field_order?: string;
    readonly sample_aspect_ratio?: string;
    readonly r_frame_rate: string;
    readonly avg_frame_rate: string;
    readonly nb_read_frames: string;
    readonly duration: string;
    readonly start_time: string;
  }[];
  readonly packets: readonly { readonly duration_time: string; readonly pts_time: string }[];
}

function isProbe(value: unknown): value is Probe {
  return typeof value === 'object' && value !== null && 'streams' in value && 'packets' in value;
}

/** Decodes the whole file and tells what ffprobe saw. */
export async function probe(path: string): Promise<Probe> {
  const args = ['-v', 'error', '-count_frames', '-show_streams', '-show_packets', '-of', 'json', path];
  const { stdout } = await run('ffprobe', args, { maxBuffer: 64 << 20 });
  const value: unknown = JSON.parse(stdout);
  if (!isProbe(value)) throw new Error('ffprobe answered something else');
  return value;
}

/** One hash over all decoded frames. */
export async function framesHash(path: string): Promise<string> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', path, '-map', '0:v', '-f', 'hash', '-']);
  return stdout.trim();
}

/**
 * How alike two pictures or first frames are: PSNR over all channels, decibels.
 *
 * @param a path of a picture or clip; its first frame counts, scaled to the size of `b`.
 * @param b path of a picture or clip.
 */
export async function psnr(a: string, b: string): Promise<number> {
  const filter =
    '[0:v]trim=end_frame=1,format=gbrp[x];[1:v]trim=end_frame=1,format=gbrp[y];' +
    '[x][y]scale2ref=flags=bicubic[s][r];[s][r]psnr';
  const args = ['-hide_banner', '-nostdin', '-i', a, '-i', b, '-filter_complex', filter, '-f', 'null', '-'];
  const { stderr } = await run('ffmpeg', args);
  const [, decibels = ''] = /average:(inf|[\d.]+)/.exec(stderr) ?? [];
  if (decibels === '') throw new Error(`no PSNR of ${a} and ${b}`);
  return decibels === 'inf' ? Number.POSITIVE_INFINITY : Number(decibels);
}

/**
 * Frames of a clip, made smaller: planes [3, side, side] of 0…1.
 *
 * @param indices which frames, rising.
 */
export async function smallFrames(
  path: string,
  indices: readonly number[],
  side: number,
): Promise<Float32Array[]> {
  const wanted = indices.map((index) => `eq(n,${index})`).join('+');
  const filter = `select='${wanted}',scale=${side}:${side}:flags=area`;
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-vf', filter, '-fps_mode', 'passthrough'].concat([
      '-pix_fmt',
      'gbrp',
      '-f',
      'rawvideo',
      '-',
    ]),
    { encoding: 'buffer', maxBuffer: 64 << 20 },
  );
  const plane = side * side;
  if (stdout.length !== indices.length * 3 * plane) throw new Error(`${path} has too few frames`);
  // The format's planes are green, blue, red.
  const order = [2, 0, 1];
  return indices.map((_, k) =>
    Float32Array.from(
      { length: 3 * plane },
      (__, i) => (stdout[(3 * k + (order[Math.floor(i / plane)] ?? 0)) * plane + (i % plane)] ?? 0) / 255,
    ),
  );
}
