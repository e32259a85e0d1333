import { createEngine } from '../../../src/app/engine.ts';
import { makeClip } from '../../../src/app/pipeline.ts';
import type { ClipSettings } from '../../../src/contracts/settings.ts';
import { encodeAlone } from '../../../src/platform/media/encode-job.ts';
import { FrameReceiver } from '../../../src/platform/media/frame-receiver.ts';
import type { BenchApi } from './bench.api.ts';
import { flowJob, installPack, measureMachine } from './flow.ts';

declare global {
  /** Set by this script. */
  var bench: BenchApi | undefined;
}

const engine = createEngine({
  render: {
    packUrl: new URL('packs/portrait/', document.baseURI).href,
    wasmUrl: new URL('ort/', document.baseURI).href,
  },
});
const MATTE = '#ffffff';
let serial = 0;
let kept: VideoFrame[] = [];

async function readPicture(url: string): Promise<{ id: string; blob: Blob; matte: string }> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  serial += 1;
  return { id: `picture-${serial}`, blob: await response.blob(), matte: MATTE };
}

/** Takes every frame that comes over a port. */
async function takeAll(port: MessagePort): Promise<VideoFrame[]> {
  const receiver = new FrameReceiver(port);
  const frames: VideoFrame[] = [];
  for (;;) {
    const next = await receiver.next();
    if (typeof next === 'number') {
      receiver.dispose();
      return frames;
    }
    frames.push(next.frame);
    receiver.credit();
  }
}

async function drawAll(pictureUrl: string, settings: ClipSettings): Promise<VideoFrame[]> {
  const { id, blob, matte } = await readPicture(pictureUrl);
  const lease = await engine.openPicture({ pictureId: id, blob, matte });
  try {
    const { port1, port2 } = new MessageChannel();
    const request = { jobId: `frames-${id}`, pictureId: lease.workerId, settings };
    const [frames] = await Promise.all([
      takeAll(port2),
      lease.renderer.api.render(request, port1, () => undefined),
    ]);
    return frames;
  } finally {
    lease.release();
  }
}

globalThis.bench = {
  async clip(pictureUrl, settings) {
    const picture = await readPicture(pictureUrl);
    const made = await makeClip(engine, { jobId: `job-${picture.id}`, picture, settings, title: '' });
    const { width, height, frames, codec, stagesMs, capabilities, file } = made;
    return { width, height, frames, sizeBytes: file.size, codec, stagesMs, capabilities };
  },
  async collect(pictureUrl, settings) {
    for (const frame of kept) frame.close();
    kept = await drawAll(pictureUrl, settings);
    return kept.length;
  },
  async alone(settings) {
    const [first] = kept;
    if (first === undefined) throw new Error('no frames are kept');
    const { codedWidth: width, codedHeight: height } = first;
    return encodeAlone({ width, height, fps: settings.fps, frames: kept.length }, kept);
  },
  install: installPack,
  machine: measureMachine,
  flow: flowJob,
};
