import { afterEach, describe, expect, it } from 'vitest';
import type { RendererKind } from '../../../src/contracts/render.api.ts';
import { neutralPose } from '../../../src/contracts/pose.ts';
import { outputFrame } from '../../../src/core/frame/output.ts';
import { buildRig } from '../../../src/core/rig/rig.ts';
import { drawnPerception, drawnPortrait, HEIGHT, WIDTH } from '../../../src/core/rig/test-picture.ts';
import { toVideoFrame } from '../../../src/platform/gpu/renderer.ts';
import type { PlanarFrame, Renderer } from '../../../src/platform/gpu/renderer.ts';
import { selectRenderer, selfTest } from '../../../src/platform/gpu/select.ts';

const KINDS: readonly RendererKind[] = ['webgpu', 'webgl2', 'processor'];
const open: Renderer[] = [];

async function renderer(kind?: RendererKind): Promise<Renderer> {
  const made = await selectRenderer(kind);
  open.push(made);
  return made;
}

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

const portrait = drawnPortrait();
const image = new ImageData(new Uint8ClampedArray(portrait.data), WIDTH, HEIGHT);
const rig = buildRig(drawnPerception(), portrait);
const pose = {
  ...neutralPose(),
  yaw: 7,
  pitch: -3,
  smile: 0.7,
  jaw: 0.4,
  lidLeft: 0.6,
  gazeX: 0.5,
  zoom: 1.04,
};
const frame = outputFrame({ width: WIDTH, height: HEIGHT }, '480p', '9:16', rig.subjectBox);

/** Copies a plane without its padding, since the renderers pad differently. */
function plane(of: PlanarFrame, k: 0 | 1 | 2): Uint8Array {
  const width = k === 0 ? of.width : of.width / 2;
  const height = k === 0 ? of.height : of.height / 2;
  const stride = k === 0 ? of.stride : of.stride / 2;
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    out.set(of.data.subarray(of.offsets[k] + y * stride, of.offsets[k] + y * stride + width), y * width);
  return out;
}

function psnr(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  a.forEach((value, n) => (sum += (value - (b[n] ?? 0)) ** 2));
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}

async function draw(kind: RendererKind): Promise<{ planes: Uint8Array[]; bitmap: Uint8Array }> {
  const made = await renderer(kind);
  const picture = await createImageBitmap(image);
  const scene = made.openScene(picture, rig.mesh, { width: WIDTH, height: HEIGHT });
  const raw = await scene.planes(rig.deform(pose), frame);
  const planes = [plane(raw, 0), plane(raw, 1), plane(raw, 2)];
  const small = { width: 180, height: 320, crop: frame.crop };
  const bitmap = await scene.bitmap(rig.mesh, small);
  const context = new OffscreenCanvas(180, 320).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no 2-D canvas');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  picture.close();
  scene.close();
  return { planes, bitmap: new Uint8Array(context.getImageData(0, 0, 180, 320).data) };
}

describe('renderers', () => {
  it.each(KINDS)('%s passes the self-test', async (kind) => {
    const made = await renderer(kind);
    expect(made.kind).toBe(kind);
    expect(await selfTest(made)).toBeNull();
  });

  it.each(['webgpu', 'webgl2'] as const)('%s draws what the processor draws', async (kind) => {
    const [own, other] = [await draw('processor'), await draw(kind)];
    // A drawn head has hard edges, where half a pixel of difference in sampling counts most.
    for (const k of [0, 1, 2] as const)
      expect(psnr(own.planes[k] as Uint8Array, other.planes[k] as Uint8Array)).toBeGreaterThan(36);
    expect(psnr(own.bitmap, other.bitmap)).toBeGreaterThan(28);
  });

  it('chooses the processor where the only adapter is a software one', async () => {
    expect((await renderer()).kind).toBe('processor');
  });

  it('fails the self-test of a renderer that captures black', async () => {
    const made = await renderer('processor');
    const black: Renderer = {
      ...made,
      openScene: (...given) => {
        const scene = made.openScene(...given);
        return {
          ...scene,
          bitmap: (_mesh, size) => createImageBitmap(new ImageData(size.width, size.height)),
        };
      },
    };
    expect(await selfTest(black)).toMatch(/wanted .* saw/);
  });

  it.each(KINDS)('%s gives limited-range BT.709 frames', async (kind) => {
    const made = await renderer(kind);
    const picture = await createImageBitmap(image);
    const scene = made.openScene(picture, rig.mesh, { width: WIDTH, height: HEIGHT });
    const video = toVideoFrame(await scene.planes(rig.deform(neutralPose()), frame), 40_000, 33_333);
    expect(video.format).toBe('I420');
    expect([video.codedWidth, video.codedHeight, video.timestamp, video.duration]).toEqual([
      frame.width,
      frame.height,
      40_000,
      33_333,
    ]);
    expect(video.colorSpace.toJSON()).toMatchObject({
      primaries: 'bt709',
      matrix: 'bt709',
      fullRange: false,
    });
    video.close();
    picture.close();
    scene.close();
  });

  it('says that a lost device is lost', async () => {
    const made = await renderer('webgpu');
    const picture = await createImageBitmap(image);
    const scene = made.openScene(picture, rig.mesh, { width: WIDTH, height: HEIGHT });
    made.close();
    await made.lost;
    await expect(scene.planes(rig.mesh, frame)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    picture.close();
  });
});
