import type { OutputFrame } from '../../core/frame/output.ts';
import { drawPatches } from '../../core/draw/patches.ts';
import { createFramePlanes, framePlanesToRgba, paddedPicture } from '../../core/draw/planes.ts';
import type { FramePlanes } from '../../core/draw/planes.ts';
import { createLattice, drawBase } from '../../core/draw/warp.ts';
import type { WarpLattice } from '../../core/draw/warp.ts';
import { AppError } from '../../contracts/errors.ts';
import type { RigMesh } from '../../core/rig/mesh.ts';
import type { PlanarFrame, Renderer, Scene } from './renderer.ts';

/** What frames of one size are drawn with; kept until another size is asked for. */
interface Workspace {
  readonly frame: FramePlanes;
  readonly lattice: WarpLattice;
}

function pixelsOf(picture: ImageBitmap): ImageData {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new AppError('ERR_ENV_UNSUPPORTED', 'no 2-D canvas in a worker');
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, picture.width, picture.height);
}

function createScene(
  picture: ImageBitmap,
  mesh: RigMesh,
  size: { readonly width: number; readonly height: number },
): Scene {
  const pixels = pixelsOf(picture);
  const source = paddedPicture(pixels.data, pixels.width, pixels.height);
  const x = new Float32Array(mesh.positions.length / 2);
  const y = new Float32Array(mesh.positions.length / 2);
  let workspace: Workspace | null = null;
  const draw = (of: RigMesh, frame: OutputFrame): FramePlanes => {
    if (workspace?.frame.width !== frame.width || workspace.frame.height !== frame.height)
      workspace = {
        frame: createFramePlanes(frame.width, frame.height),
        lattice: createLattice(frame.width, frame.height),
      };
    const scaleX = frame.width / (frame.crop[2] * size.width);
    const scaleY = frame.height / (frame.crop[3] * size.height);
    const left = frame.crop[0] * size.width;
    const top = frame.crop[1] * size.height;
    for (let n = 0; n < x.length; n++) {
      x[n] = ((of.positions[2 * n] as number) - left) * scaleX;
      y[n] = ((of.positions[2 * n + 1] as number) - top) * scaleY;
    }
    drawBase(source, of, x, y, workspace.frame, workspace.lattice);
    drawPatches(source, of, x, y, workspace.frame);
    return workspace.frame;
  };
  return {
    planes: (of, frame): Promise<PlanarFrame> => Promise.resolve(draw(of, frame)),
    bitmap: (of, frame) => {
      const even = {
        ...frame,
        width: 2 * Math.ceil(frame.width / 2),
        height: 2 * Math.ceil(frame.height / 2),
      };
      const image = new ImageData(even.width, even.height);
      framePlanesToRgba(draw(of, even), image.data);
      return createImageBitmap(image);
    },
    close: () => undefined,
  };
}

/**
 * A renderer on the processor: the same mesh, warped straight in video planes. Where the "GPU" is the processor too,
 * this draws a frame several times faster than going through a graphics API.
 */
export function createProcessorRenderer(): Renderer {
  return {
    kind: 'processor',
    adapter: 'processor',
    software: true,
    maxTextureSize: 8192,
    lost: new Promise(() => undefined),
    openScene: createScene,
    close: () => undefined,
  };
}
