import type { CreditMessage, FrameMessage } from '../../../src/contracts/frame-port.ts';
import { FRAMES_IN_FLIGHT } from '../../../src/contracts/frame-port.ts';
import type { ErrorRecord } from '../../../src/contracts/errors.ts';
import type { EncodeJobRequest } from '../../../src/contracts/encode.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';

/** Limited-range BT.709, the colour that the port promises. */
export const LIMITED: VideoColorSpaceInit = {
  primaries: 'bt709',
  transfer: 'bt709',
  matrix: 'bt709',
  fullRange: false,
};

/** A colour of the scene at a place and time, RGB 0…255. */
export type Scene = (x: number, y: number, t: number) => readonly [number, number, number];

/** Soft shapes in several colours, of which one moves; x and y in 0…1, t in seconds. Rests at t = 0. */
export const movingScene: Scene = (x, y, t) => {
  const cx = 0.5 + 0.2 * Math.sin(t * 1.7);
  const disc = 1 / (1 + Math.exp(((x - cx) ** 2 + (y - 0.45) ** 2 - 0.05) * 120));
  const wave = 0.5 + 0.5 * Math.sin(x * 19 + y * 7);
  return [
    60 + 130 * disc + 30 * wave,
    80 + 60 * wave + 40 * disc * Math.sin(y * 40),
    150 - 90 * disc + 40 * Math.sin(y * 11),
  ];
};

/** The scene at one time as I420, limited-range BT.709. */
export function sceneI420(scene: Scene, width: number, height: number, t: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(width * height * 1.5);
  const chroma = width * height;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [r, g, b] = scene((x + 0.5) / width, (y + 0.5) / height, t);
      const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      data[y * width + x] = 16.5 + (219 * luma) / 255;
      if (x % 2 === 1 || y % 2 === 1) continue;
      const at = chroma + (y / 2) * (width / 2) + x / 2;
      data[at] = 128.5 + (224 / 255) * ((b - luma) / 1.8556);
      data[at + chroma / 4] = 128.5 + (224 / 255) * ((r - luma) / 1.5748);
    }
  }
  return data;
}

/** The scene at one time as RGBA. */
export function sceneRgba(
  scene: Scene,
  width: number,
  height: number,
  t: number,
): Uint8ClampedArray<ArrayBuffer> {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      data.set([...scene((x + 0.5) / width, (y + 0.5) / height, t), 255], (y * width + x) * 4);
    }
  }
  return data;
}

/** A frame of I420 data; the caller closes it. */
export function i420Frame(
  data: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
  index: number,
  fps: number,
  colorSpace: VideoColorSpaceInit = LIMITED,
): VideoFrame {
  return new VideoFrame(data, {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp: Math.round((index * 1e6) / fps),
    colorSpace,
  });
}

/** A request for a clip of the moving scene. */
export function requestOf(change: Partial<EncodeJobRequest> = {}): EncodeJobRequest {
  const width = change.width ?? 640;
  const height = change.height ?? 480;
  return {
    jobId: crypto.randomUUID(),
    width,
    height,
    fps: 30,
    frames: 12,
    settings: DEFAULT_SETTINGS,
    title: 'A test & <more>',
    reference: { width: 160, height: 120, rgba: sceneRgba(movingScene, 160, 120, 0) },
    sourceType: 'trainedAlgorithmicMedia',
    ...change,
  };
}

/** What a sender saw. */
export interface SendLog {
  sent: number;
  credits: number;
  mostInFlight: number;
  stopped: boolean;
  stopError: ErrorRecord | undefined;
}

/** How a sender behaves. */
export interface SendOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly scene?: Scene;
  /** Makes the frame itself; replaces `scene`. */
  readonly make?: (index: number) => VideoFrame;
  /** Called before a frame is sent; what it returns is sent instead of the frame and ends the stream. */
  readonly instead?: (index: number) => FrameMessage | 'silence' | undefined;
}

/** A renderer's end of a port: sends frames as far as credits go, and keeps a log. */
export function sendFrames(port: MessagePort, options: SendOptions): SendLog {
  const { width, height, fps, frames } = options;
  const log: SendLog = { sent: 0, credits: 0, mostInFlight: 0, stopped: false, stopError: undefined };
  const post = (message: FrameMessage, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  let ended = false;
  const pump = (): void => {
    while (!ended && !log.stopped && log.sent - log.credits < FRAMES_IN_FLIGHT) {
      const index = log.sent;
      const other = options.instead?.(index);
      if (other !== undefined || index === frames) {
        ended = true;
        if (other !== 'silence') post(other ?? { type: 'end', frames: index });
        return;
      }
      const frame =
        options.make?.(index) ??
        i420Frame(
          sceneI420(options.scene ?? movingScene, width, height, index / fps),
          width,
          height,
          index,
          fps,
        );
      post({ type: 'frame', index, frame }, [frame]);
      log.sent += 1;
      log.mostInFlight = Math.max(log.mostInFlight, log.sent - log.credits);
    }
  };
  port.addEventListener('message', (event: MessageEvent<CreditMessage>) => {
    if (event.data.type === 'credit') log.credits += 1;
    else {
      log.stopped = true;
      log.stopError = event.data.error;
    }
    pump();
  });
  port.start();
  pump();
  return log;
}
