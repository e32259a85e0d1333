import { startDownloadWorker } from '../../../src/app/packs-bridge.ts';
import { startRenderWorker } from '../../../src/app/render-bridge.ts';
import { flowConstants } from '../../../src/contracts/flow.ts';
import type { FlowMachine } from '../../../src/contracts/render.api.ts';
import { DEFAULT_SETTINGS, PRESETS } from '../../../src/contracts/settings.ts';
import { presetFile } from '../../../src/core/flow/embedding.ts';
import { pictureCrop } from '../../../src/core/flow/picture.ts';
import { FrameReceiver } from '../../../src/platform/media/frame-receiver.ts';
import type { FlowRequest, FlowTiming, InstalledPack } from './bench.api.ts';

const WASM = new URL('ort/', document.baseURI).href;
const MATTE = '#ffffff';

/** Installs a pack by the real download worker, whoever signed it. */
export async function installPack(url: string): Promise<InstalledPack> {
  const download = startDownloadWorker();
  const started = performance.now();
  try {
    const origin = { kind: 'url', url: new URL(url, document.baseURI).href } as const;
    const accept = { licence: true, untrusted: true };
    const { pack, bytes } = await download.api.install('bench', origin, accept, () => undefined);
    return { id: pack.id, version: pack.version, bytes, installMs: performance.now() - started };
  } finally {
    download.terminate();
  }
}

/** Measures the machine as the application does. */
export async function measureMachine(provider: FlowRequest['provider']): Promise<FlowMachine> {
  const worker = startRenderWorker();
  try {
    return await worker.api.measureFlow({ wasmUrl: WASM, ...(provider ? { provider } : {}) });
  } finally {
    worker.terminate();
  }
}

/** Takes every frame that comes over a port and lets it go at once. */
async function discardAll(port: MessagePort): Promise<void> {
  const receiver = new FrameReceiver(port);
  for (;;) {
    const next = await receiver.next();
    if (typeof next === 'number') break;
    next.frame.close();
    receiver.credit();
  }
  receiver.dispose();
}

let serial = 0;

/** One part of a clip in a worker of its own, its frames thrown away: what the pack's engine takes, and nothing else. */
export async function flowJob(request: FlowRequest): Promise<FlowTiming> {
  const { pack, size, pictureUrl, provider } = request;
  const constants = flowConstants(pack);
  const preset = PRESETS.find((one) => presetFile(pack, constants, one) !== null) ?? 'breathing';
  const blob = await (await fetch(pictureUrl)).blob();
  const bitmap = await createImageBitmap(blob);
  const crop = pictureCrop(bitmap, size, null);
  bitmap.close();
  const worker = startRenderWorker();
  try {
    serial += 1;
    const { port1, port2 } = new MessageChannel();
    const started = performance.now();
    let loadedMs = 0;
    const [result] = await Promise.all([
      worker.api.renderFlow(
        {
          jobId: `bench-${serial}-${crypto.randomUUID()}`,
          version: pack.version,
          settings: {
            ...DEFAULT_SETTINGS,
            motion: { kind: 'preset', preset },
            pack: pack.id,
            seconds: 3,
            fps: 24,
          },
          picture: { blob, matte: MATTE },
          size,
          crop,
          // As many pixels as the model's: enlarging is the encoder's side.
          width: size.width,
          height: size.height,
          wasmUrl: WASM,
          ...(provider ? { provider } : {}),
        },
        port1,
        ({ stage, done }) => {
          if (stage === 'load' && done === 1) loadedMs = performance.now() - started;
        },
      ),
      discardAll(port2),
    ]);
    const wallMs = performance.now() - started;
    return { provider: result.provider, frames: result.frames, loadedMs, wallMs, times: result.times };
  } finally {
    worker.terminate();
  }
}
