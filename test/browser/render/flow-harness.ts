import type { CreditMessage, FrameMessage } from '../../../src/contracts/frame-port.ts';
import { parsePack, type Pack } from '../../../src/contracts/pack.ts';
import type { PackOrigin } from '../../../src/contracts/packs.api.ts';
import type {
  FlowJobRequest,
  FlowJobResult,
  FlowJobStep,
  RenderApi,
} from '../../../src/contracts/render.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { startDownloadWorker } from '../../../src/app/packs-bridge.ts';
import { connectWorker, type WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';
import { fromErrorRecord } from '../../../src/platform/thread/error-record.ts';

/** The tiny packs, as the test server has them. */
export type Tiny = 'ltx' | 'wan';

export const WASM = new URL('/ort/', location.origin).href;

/** Installs a pack by the real download worker, everything accepted. */
export async function install(origin: PackOrigin): Promise<void> {
  const download = startDownloadWorker();
  try {
    const accept = { licence: true, untrusted: true };
    await download.api.install('test', origin, accept, () => undefined);
  } finally {
    download.terminate();
  }
}

/** Installs a pack of `models/tiny`. */
export const installTiny = (family: Tiny): Promise<void> =>
  install({ kind: 'url', url: new URL(`/models/tiny/${family}/`, location.origin).href });

/** Deletes a pack as another tab would. */
export async function removePack(packId: string, version = '1.0.0'): Promise<void> {
  const download = startDownloadWorker();
  try {
    await download.api.remove(packId, version);
  } finally {
    download.terminate();
  }
}

/** Takes away every pack and every saved state. */
export async function cleanDisk(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  for (const name of ['packs', 'checkpoints']) {
    await root.removeEntry(name, { recursive: true }).catch((cause: unknown) => {
      if (!(cause instanceof DOMException && cause.name === 'NotFoundError')) throw cause;
    });
  }
}

/** A picture with a gradient and a disc. */
export async function picture(width = 192, height = 128): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no 2D canvas');
  const gradient = context.createLinearGradient(0, 0, width, height);
  gradient.addColorStop(0, '#203060');
  gradient.addColorStop(1, '#f0c080');
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
  context.fillStyle = '#c03030';
  context.beginPath();
  context.arc(width / 3, height / 2, height / 4, 0, 7);
  context.fill();
  return canvas.convertToBlob({ type: 'image/png' });
}

let serial = 0;

/** A request of three seconds that the tiny pack makes in a moment. */
export async function request(family: Tiny, change: Partial<FlowJobRequest> = {}): Promise<FlowJobRequest> {
  serial += 1;
  return {
    jobId: `flow-${serial}-${crypto.randomUUID()}`,
    version: '1.0.0',
    settings: { ...DEFAULT_SETTINGS, seconds: 3, fps: 24, resolution: '480p', pack: `tiny-${family}` },
    picture: { blob: await picture(), matte: '#ffffff' },
    size: { width: 64, height: 64, frames: family === 'ltx' ? 65 : 33 },
    crop: [0.1, 0, 0.66, 1],
    width: 128,
    height: 128,
    wasmUrl: WASM,
    provider: 'wasm',
    ...change,
  };
}

/** The real render worker, whose graphics device a test may take away. */
export function startFlow(): WorkerConnection<RenderApi> {
  return connectWorker<RenderApi>(
    () => new Worker(new URL('./flow.worker.ts', import.meta.url), { type: 'module' }),
  );
}

/** Takes the graphics device away from all workers of {@link startFlow}, as a driver's crash would. */
export function loseDevices(): void {
  const channel = new BroadcastChannel('lose-devices');
  channel.postMessage(null);
  channel.close();
}

/** A frame as it came: its number, its time and its planes' bytes. */
export interface TakenFrame {
  readonly index: number;
  readonly timestampUs: number;
  readonly width: number;
  readonly height: number;
  readonly colour: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a job gave. */
export interface Taken {
  readonly frames: readonly TakenFrame[];
  readonly steps: readonly FlowJobStep[];
  readonly previews: readonly { readonly step: FlowJobStep; readonly picture: Blob }[];
  readonly result: FlowJobResult;
}

async function takeFrames(port: MessagePort, frames: TakenFrame[], held: Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    let tail: Promise<void> = Promise.resolve();
    const take = async (message: FrameMessage): Promise<void> => {
      if (message.type === 'end') resolve(message.frames);
      else if (message.type === 'abort') reject(fromErrorRecord(message.error));
      else {
        const { frame, index } = message;
        const { primaries, transfer, matrix, fullRange } = frame.colorSpace;
        const bytes = new Uint8Array(frame.allocationSize());
        await frame.copyTo(bytes);
        frames.push({
          index,
          timestampUs: frame.timestamp,
          width: frame.displayWidth,
          height: frame.displayHeight,
          colour: `${frame.format ?? ''} ${primaries ?? ''} ${transfer ?? ''} ${matrix ?? ''} ${String(fullRange)}`,
          bytes,
        });
        frame.close();
        void held.then(() => port.postMessage({ type: 'credit' } satisfies CreditMessage));
      }
    };
    port.onmessage = ({ data }: MessageEvent<FrameMessage>) => {
      tail = tail.then(() => take(data)).catch(reject);
    };
  });
}

/**
 * Runs a job and takes its frames as the encoder would.
 * @param onStep may cancel, lose or end what it likes.
 * @param held until then no credit is given, so that a job of more than four frames can't come to its end.
 */
export async function take(
  connection: WorkerConnection<RenderApi>,
  job: FlowJobRequest,
  onStep: (step: FlowJobStep) => void = () => undefined,
  held: Promise<unknown> = Promise.resolve(),
): Promise<Taken> {
  const { port1, port2 } = new MessageChannel();
  const frames: TakenFrame[] = [];
  const steps: FlowJobStep[] = [];
  const previews: { step: FlowJobStep; picture: Blob }[] = [];
  const taking = takeFrames(port2, frames, held);
  taking.catch(() => undefined);
  try {
    const result = await connection.api.renderFlow(job, port1, (step, preview) => {
      steps.push(step);
      if (preview) previews.push({ step, picture: preview });
      onStep(step);
    });
    await taking;
    return { frames, steps, previews, result };
  } finally {
    port2.close();
  }
}

/** Whether two clips have the same frames, to the last bit. */
export function sameFrames(a: Taken, b: Taken): boolean {
  return (
    a.frames.length === b.frames.length &&
    a.frames.every((frame, i) => {
      const other = b.frames[i]?.bytes;
      return other?.length === frame.bytes.length && frame.bytes.every((byte, k) => byte === other[k]);
    })
  );
}

async function stateFolder(jobId: string): Promise<FileSystemDirectoryHandle | null> {
  try {
    const root = await navigator.storage.getDirectory();
    return await (await root.getDirectoryHandle('checkpoints')).getDirectoryHandle(jobId);
  } catch {
    return null;
  }
}

/** Jobs that have a saved state. */
export async function savedJobs(): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const jobs: string[] = [];
  for await (const name of (await root.getDirectoryHandle('checkpoints')).keys()) jobs.push(name);
  return jobs;
}

/** A job's saved states, by file; null where there are none. */
export async function savedState(
  jobId: string,
): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>> | null> {
  const folder = await stateFolder(jobId);
  if (folder === null) return null;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of ['0', '1']) {
    try {
      const file = await (await folder.getFileHandle(name)).getFile();
      files.set(name, new Uint8Array(await file.arrayBuffer()));
    } catch {
      // There is only one yet.
    }
  }
  return files;
}

/** Cuts a job's saved states in the middle, as a crash while writing does. */
export async function spoilState(jobId: string, which: 'all' | 'newest' = 'all'): Promise<void> {
  const folder = await stateFolder(jobId);
  const files = [...((await savedState(jobId)) ?? [])];
  const serial = (bytes: Uint8Array<ArrayBuffer>): number => new DataView(bytes.buffer).getUint32(0, true);
  files.sort(([, a], [, b]) => serial(b) - serial(a));
  for (const [name, bytes] of which === 'all' ? files : files.slice(0, 1)) {
    const stream = await (await folder?.getFileHandle(name))?.createWritable();
    await stream?.write(bytes.subarray(0, bytes.length / 2));
    await stream?.close();
  }
}

/** Files of a tiny pack, to be changed by a test. */
export async function tinyFiles(family: Tiny): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const load = async (file: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await (await fetch(`/models/tiny/${family}/${file}`)).arrayBuffer());
  const packBytes = await load('pack.json');
  const pack = parsePack(JSON.parse(new TextDecoder().decode(packBytes)));
  const names = [
    ...pack.files.map(({ file }) => file),
    ...pack.graphs.flatMap(({ file, shards }) => [file, ...shards.map((shard) => shard.file)]),
  ];
  const files = await Promise.all(names.map(async (name) => [name, await load(name)] as const));
  return new Map([['pack.json', packBytes], ...files]);
}

/** Installs a tiny pack under another name, with its description changed. */
export async function installChanged(
  family: Tiny,
  packId: string,
  change: (pack: Pack, files: Map<string, Uint8Array<ArrayBuffer>>) => Pack | Promise<Pack>,
): Promise<void> {
  const files = await tinyFiles(family);
  const pack = parsePack(JSON.parse(new TextDecoder().decode(files.get('pack.json'))));
  const changed = { ...(await change(pack, files)), id: packId };
  files.set('pack.json', new TextEncoder().encode(JSON.stringify(changed)));
  const all = [...files].map(([path, bytes]) => ({ path, file: new File([bytes], path) }));
  await install({ kind: 'folder', files: all });
}
