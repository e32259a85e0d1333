import type { Plane } from '../../core/media/frame-stats.ts';

/** Y, Cb and Cr of a frame, limited-range BT.709. */
export type YuvPlanes = readonly [y: Plane, cb: Plane, cr: Plane];

/** Reads frames of one clip into memory that it uses again for each. */
export class PlaneReader {
  private buffer = new Uint8Array(0);

  /**
   * The planes of a frame, good until the next call.
   *
   * I420 and NV12 come as they are; anything else (a decoder that hands out GPU textures) is drawn as RGB and
   * converted. The frame stays open.
   *
   * @throws DOMException when the frame can't be read.
   */
  async read(frame: VideoFrame): Promise<YuvPlanes> {
    const { width, height } = { width: frame.displayWidth, height: frame.displayHeight };
    if (frame.format !== 'I420' && frame.format !== 'NV12') return this.readRgb(frame, width, height);
    const size = frame.allocationSize();
    if (this.buffer.length < size) this.buffer = new Uint8Array(size);
    const layout = await frame.copyTo(this.buffer);
    const halfWidth = Math.ceil(width / 2);
    const halfHeight = Math.ceil(height / 2);
    const plane = (index: number, w: number, h: number): Plane => ({
      data: this.buffer,
      offset: layout[index]?.offset ?? 0,
      stride: layout[index]?.stride ?? w,
      width: w,
      height: h,
    });
    const y = plane(0, width, height);
    if (frame.format === 'I420') return [y, plane(1, halfWidth, halfHeight), plane(2, halfWidth, halfHeight)];
    const both = plane(1, halfWidth, halfHeight);
    const split = (at: number): Plane => {
      const data = new Uint8Array(halfWidth * halfHeight);
      for (let row = 0; row < halfHeight; row += 1) {
        for (let x = 0; x < halfWidth; x += 1) {
          data[row * halfWidth + x] = both.data[both.offset + row * both.stride + 2 * x + at] ?? 0;
        }
      }
      return { data, offset: 0, stride: halfWidth, width: halfWidth, height: halfHeight };
    };
    return [y, split(0), split(1)];
  }

  private readRgb(frame: VideoFrame, width: number, height: number): YuvPlanes {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new DOMException('No 2D context', 'NotSupportedError');
    context.drawImage(frame, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const planes = [0, 1, 2].map(() => new Uint8Array(width * height));
    const [y, cb, cr] = planes;
    if (y === undefined || cb === undefined || cr === undefined) throw new RangeError('No planes');
    for (let i = 0; i < width * height; i += 1) {
      const r = (data[i * 4] ?? 0) / 255;
      const g = (data[i * 4 + 1] ?? 0) / 255;
      const b = (data[i * 4 + 2] ?? 0) / 255;
      const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      y[i] = 16.5 + 219 * luma;
      cb[i] = 128.5 + (224 * (b - luma)) / 1.8556;
      cr[i] = 128.5 + (224 * (r - luma)) / 1.5748;
    }
    const wrap = (plane: Uint8Array): Plane => ({ data: plane, offset: 0, stride: width, width, height });
    return [wrap(y), wrap(cb), wrap(cr)];
  }
}
