import type { OutputFrame } from '../../core/frame/output.ts';
import type { RigMesh } from '../../core/rig/mesh.ts';
import type { RendererKind } from '../../contracts/render.api.ts';

/**
 * A frame as planes in one buffer: I420, BT.709, limited range.
 *
 * Luma rows are `stride` bytes apart, chroma rows `stride / 2`; `offsets` says where the Y, U and V planes begin.
 * The bytes belong to the renderer and hold until its next frame: copy them (a `VideoFrame` does) before.
 */
export interface PlanarFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly stride: number;
  readonly offsets: readonly [number, number, number];
}

/** A picture on the GPU with a mesh's buffers. The caller closes it. */
export interface Scene {
  /** Draws a deformed mesh and reads it back as video planes. @throws ERR_GPU_LOST, ERR_GPU_FAILED */
  planes(mesh: RigMesh, frame: OutputFrame): Promise<PlanarFrame>;
  /** Draws a deformed mesh for a canvas. The receiver closes the bitmap. @throws ERR_GPU_LOST, ERR_GPU_FAILED */
  bitmap(mesh: RigMesh, frame: OutputFrame): Promise<ImageBitmap>;
  close(): void;
}

/** What draws. One per worker; owns the device. */
export interface Renderer {
  readonly kind: RendererKind;
  /** The adapter's own words. */
  readonly adapter: string;
  /** True where the "GPU" is the processor. */
  readonly software: boolean;
  /** Longest side of a texture in pixels. */
  readonly maxTextureSize: number;
  /** Resolves when the device is gone. */
  readonly lost: Promise<void>;
  /**
   * Uploads a picture (not kept, not closed) and makes buffers for a mesh.
   * @param size the analysed picture's size, in whose pixels the mesh's positions are.
   */
  openScene(
    picture: ImageBitmap,
    mesh: RigMesh,
    size: { readonly width: number; readonly height: number },
  ): Scene;
  close(): void;
}

/** Where the planes of a frame lie in a buffer that shaders write four bytes at a time. */
export interface PlaneLayout {
  readonly stride: number;
  /** Rows of `stride` bytes that each chroma plane takes; two chroma rows share one. */
  readonly chromaRows: number;
  readonly rows: number;
  readonly offsets: readonly [number, number, number];
}

/** Layout of an I420 frame of even size; the stride is a multiple of 8 so that every plane row is whole texels. */
export function planeLayout(width: number, height: number): PlaneLayout {
  const stride = Math.ceil(width / 8) * 8;
  const chromaRows = Math.ceil(height / 4);
  return {
    stride,
    chromaRows,
    rows: height + 2 * chromaRows,
    offsets: [0, stride * height, stride * (height + chromaRows)],
  };
}

/** Scale and offset that take analysed pixels to clip space (x right, y down before any flip). */
export function viewTransform(
  size: { readonly width: number; readonly height: number },
  frame: OutputFrame,
): readonly [number, number, number, number] {
  const [x, y, w, h] = frame.crop;
  return [2 / (w * size.width), 2 / (h * size.height), (-2 * x) / w - 1, (-2 * y) / h - 1];
}

/** Wraps planes as a VideoFrame (a copy), limited-range BT.709. The receiver closes it. Times in microseconds. */
export function toVideoFrame(planes: PlanarFrame, timestampUs: number, durationUs: number): VideoFrame {
  const { width, height, stride, offsets } = planes;
  return new VideoFrame(planes.data, {
    format: 'I420',
    codedWidth: width,
    codedHeight: height,
    timestamp: timestampUs,
    duration: durationUs,
    colorSpace: { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false },
    layout: [
      { offset: offsets[0], stride },
      { offset: offsets[1], stride: stride / 2 },
      { offset: offsets[2], stride: stride / 2 },
    ],
  });
}
