import { AppError } from '../../src/contracts/errors.ts';
import type { OpenPictureRequest, PictureReport } from '../../src/contracts/render.api.ts';
import { textureSize } from '../../src/core/frame/texture.ts';
import { fitFacePoints } from '../../src/core/perceive/face-points.ts';
import { perceive } from '../../src/core/perceive/perceive.ts';
import { buildRig } from '../../src/core/rig/rig.ts';
import type { Rig } from '../../src/core/rig/rig.ts';
import type { Renderer, Scene } from '../../src/platform/gpu/renderer.ts';
import { decodePicture } from '../../src/platform/media/picture.ts';
import type { PackRunner } from '../../src/platform/ort/pack-runner.ts';

/** Long side in pixels at which a picture is looked at; every coordinate of the rig is in this frame. */
const ANALYSED_SIDE = 1024;
/** Largest long side kept of a picture: more than any clip shows. */
const KEPT_SIDE = 4608;

/** A picture that is ready to move. Owns its bitmap. */
export interface OpenPicture {
  readonly report: PictureReport;
  readonly rig: Rig;
  /** Analysed size in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** The picture itself, upright and flattened, at most {@link KEPT_SIDE}. */
  readonly bitmap: ImageBitmap;
  /** A scene whose texture is the whole picture at `width` pixels across, as far as the renderer goes; the caller closes it. */
  scene(renderer: Renderer, width: number): Promise<Scene>;
  close(): void;
}

async function analysed(bitmap: ImageBitmap): Promise<ImageData> {
  const scale = Math.min(1, ANALYSED_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(2, Math.round(bitmap.width * scale));
  const height = Math.max(2, Math.round(bitmap.height * scale));
  const small = await createImageBitmap(bitmap, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: 'high',
  });
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new AppError('ERR_ENV_UNSUPPORTED', 'no 2-D canvas in a worker');
  context.drawImage(small, 0, 0);
  small.close();
  return context.getImageData(0, 0, width, height);
}

/** Decodes, looks at and rigs a picture. @throws ERR_INPUT_*, ERR_MODEL_* */
export async function openPicture(request: OpenPictureRequest, networks: PackRunner): Promise<OpenPicture> {
  const started = performance.now();
  const decoded = await decodePicture(request.blob, { matte: request.matte, maxSidePx: KEPT_SIDE });
  const decodedAt = performance.now();
  try {
    const pixels = await analysed(decoded.bitmap);
    const { width, height } = pixels;
    const points = request.points;
    const at = (p: readonly [number, number]): [number, number] => [
      (p[0] * width) / decoded.width,
      (p[1] * height) / decoded.height,
    ];
    const face = points
      ? fitFacePoints({
          eyeLeft: at(points.eyeLeft),
          eyeRight: at(points.eyeRight),
          nose: at(points.nose),
          mouthLeft: at(points.mouthLeft),
          mouthRight: at(points.mouthRight),
        })
      : undefined;
    const perception = await perceive(pixels, networks, face ? { face } : {});
    const rig = buildRig(perception, pixels);
    const box = perception.face?.box;
    return {
      report: {
        pictureId: request.pictureId,
        width: decoded.width,
        height: decoded.height,
        traits: rig.traits,
        faceBox: box ? [box[0] / width, box[1] / height, box[2] / width, box[3] / height] : null,
        subjectBox: rig.subjectBox,
        notices: networks.notices,
        decodeMs: decodedAt - started,
        perceiveMs: performance.now() - decodedAt,
      },
      rig,
      size: { width, height },
      bitmap: decoded.bitmap,
      scene: (renderer, across) => openScene(renderer, decoded.bitmap, rig, { width, height }, across),
      close: () => decoded.bitmap.close(),
    };
  } catch (error) {
    decoded.bitmap.close();
    throw error;
  }
}

async function openScene(
  renderer: Renderer,
  bitmap: ImageBitmap,
  rig: Rig,
  size: { readonly width: number; readonly height: number },
  across: number,
): Promise<Scene> {
  const { width, height } = textureSize(bitmap, across, renderer.maxTextureSize);
  const texture = await createImageBitmap(bitmap, {
    resizeWidth: width,
    resizeHeight: height,
    resizeQuality: 'high',
  });
  try {
    return renderer.openScene(texture, rig.mesh, size);
  } finally {
    texture.close();
  }
}
