import { describe, expect, it } from 'vitest';
import { EYE_OUTLINE, eyeOpening, mouthWidth } from '../../effects/face-measures.ts';
import { lumaOf, psnr, pyramidOf, rhythmOf, shiftOf, type Luma } from '../../effects/image-measures.ts';
import { irisLeft } from '../../effects/iris-left.ts';
import { comesTowards } from '../../effects/measure-clip.ts';
import type { Landmarks, Point } from '../../effects/oracle.ts';
import { turnSince, yawToCamera } from '../../effects/pose-from-points.ts';
import type { Raster } from '../../effects/raster.ts';
import { breathing, hairAgainstFace, quantile, stillCorner } from '../../effects/region-measures.ts';
import { tellingFrames } from '../../effects/telling-frames.ts';

const RADIANS = Math.PI / 180;

/** Mirror pairs of the mesh that the measures lean on, left of the picture and right of it. */
const MIRRORED = [
  ...[
    [127, 356],
    [234, 454],
    [33, 263],
    [133, 362],
    [54, 284],
    [93, 323],
    [116, 345],
  ],
] as const;

/** A made-up face: points on an ellipsoid about (cx, cy), with mirror pairs where the measures want them. */
function madeFace(cx = 200, cy = 150, width = 120): Landmarks {
  const points = Array.from({ length: 478 }, (_, index): Point => {
    const across = Math.sin(index * 12.9898) * 0.48;
    const down = Math.cos(index * 78.233) * 0.6;
    return [cx + across * width, cy + down * width, -width * 0.4 * Math.sqrt(Math.max(0, 1 - across ** 2))];
  });
  MIRRORED.forEach(([left, right], k) => {
    const [x, y, z] = [width * (0.2 + 0.04 * k), width * (0.05 * k - 0.2), -width * 0.3 + width * 0.05 * k];
    points[left] = [cx - x, cy + y, z];
    points[right] = [cx + x, cy + y, z];
  });
  return points;
}

/** Turns a face about its middle: yaw to the right of the picture, then pitch down, then roll clockwise. */
function turned(face: Landmarks, yaw: number, pitch = 0, roll = 0): Landmarks {
  const [a, b, c] = [yaw * RADIANS, pitch * RADIANS, roll * RADIANS];
  return face.map(([x0, y0, z0]): Point => {
    const [x, y, z] = [x0 - 200, y0 - 150, z0];
    const [x1, z1] = [x * Math.cos(a) - z * Math.sin(a), x * Math.sin(a) + z * Math.cos(a)];
    const [y2, z2] = [y * Math.cos(b) - z1 * Math.sin(b), y * Math.sin(b) + z1 * Math.cos(b)];
    const [x3, y3] = [x1 * Math.cos(c) - y2 * Math.sin(c), x1 * Math.sin(c) + y2 * Math.cos(c)];
    return [x3 * 1.07 + 230, y3 * 1.07 + 120, z2 * 1.07];
  });
}

/** A cloudy texture, moved by (dx, dy). */
function cloud(
  width: number,
  height: number,
  move: (x: number, y: number) => readonly [number, number],
): Luma {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = move(x, y);
      const [u, v] = [x - dx, y - dy];
      data[y * width + x] =
        128 +
        40 * Math.sin(u * 0.31 + v * 0.11) +
        30 * Math.sin(v * 0.27 - u * 0.07) +
        20 * Math.sin(u * 0.13 * 2);
    }
  }
  return { width, height, data };
}

function footage(
  frames: number,
  fps: number,
  move: (x: number, y: number, t: number) => readonly [number, number],
) {
  const lumas = Array.from({ length: frames }, (_, k) => cloud(320, 320, (x, y) => move(x, y, k / fps)));
  return { fps, rasters: [], lumas, looks: [] };
}

describe('head turn', () => {
  it.each([
    [12, 0, 0],
    [-9, 4, 2],
    [0, -7, 0],
    [5, 3, -6],
  ])('reads yaw %d, pitch %d, roll %d whatever the place and size', (yaw, pitch, roll) => {
    const face = madeFace();
    const seen = turnSince(face, turned(face, yaw, pitch, roll));
    expect(Math.abs(seen.yaw - yaw)).toBeLessThan(1.2);
    expect(Math.abs(seen.pitch - pitch)).toBeLessThan(1.2);
    expect(Math.abs(seen.roll - roll)).toBeLessThan(1.2);
  });

  it('reads how far a face looks past the camera', () => {
    expect(yawToCamera(turned(madeFace(), 0))).toBeCloseTo(0, 3);
    expect(yawToCamera(turned(madeFace(), 20))).toBeCloseTo(20, 0);
    expect(yawToCamera(turned(madeFace(), -20))).toBeCloseTo(-20, 0);
  });

  it('counts only a turn that ends nearer to the camera', () => {
    expect(comesTowards([0, -4, -9, -5, 0])).toBe(9);
    expect(comesTowards([25, 20, 14, 20, 25])).toBe(11);
    expect(comesTowards([10, 14, 22])).toBe(0);
    expect(comesTowards([0, 0.4, -0.3])).toBeLessThan(1);
  });
});

describe('features of the face', () => {
  it('reads an eye that closes and a mouth that widens', () => {
    const face = [...madeFace()];
    const set = (index: number, x: number, y: number): void => {
      face[index] = [x, y, 0];
    };
    set(33, 150, 100);
    set(133, 190, 100);
    for (const [k, [upper, lower]] of [
      [160, 144],
      [159, 145],
      [158, 153],
    ].entries()) {
      set(upper ?? 0, 160 + k * 10, 94);
      set(lower ?? 0, 160 + k * 10, 106);
    }
    expect(eyeOpening(face, 'left')).toBeCloseTo(0.3, 6);
    [160, 159, 158].forEach((index, k) => set(index, 160 + k * 10, 103));
    expect(eyeOpening(face, 'left')).toBeCloseTo(0.075, 6);
    set(468, 150, 100);
    set(473, 250, 100);
    set(61, 170, 200);
    set(291, 230, 200);
    expect(mouthWidth(face)).toBeCloseTo(0.6, 6);
  });

  it('sees an iris under a lid as gone, and one that was only squeezed as there', () => {
    const face = [...madeFace()];
    const outline = EYE_OUTLINE.left;
    outline.forEach((index, k) => {
      const angle = Math.PI + (k / outline.length) * 2 * Math.PI;
      face[index] = [100 + 30 * Math.cos(angle), 80 + 14 * Math.sin(angle), 0];
    });
    face[468] = [100, 80, 0];
    face[469] = [111, 80, 0];
    face[471] = [89, 80, 0];
    for (const index of [27, 28, 29, 30, 56, 190, 247]) face[index] = [100, 55, 0];
    for (const index of [23, 24, 22, 26, 110, 112]) face[index] = [100, 105, 0];
    const draw = (height: number): Raster => {
      const data = new Uint8Array(200 * 160 * 4).fill(255);
      for (let k = 0; k < 200 * 160; k++) {
        const [x, y] = [k % 200, Math.floor(k / 200)];
        const eye = height > 0 && ((x - 100) / 30) ** 2 + ((y - 80) / Math.max(0.1, height)) ** 2 < 1;
        const iris = Math.hypot(x - 100, ((y - 80) * 14) / Math.max(0.1, height)) < 11;
        data.set(eye ? (iris ? [60, 90, 70] : [245, 240, 235]) : [224, 172, 140], k * 4);
      }
      return { width: 200, height: 160, data };
    };
    const rest = { face, raster: draw(14) };
    expect(irisLeft(rest, rest, 'left')).toBe(1);
    expect(irisLeft(rest, { face, raster: draw(-1) }, 'left')).toBe(0);
    expect(irisLeft(rest, { face, raster: draw(6) }, 'left')).toBeGreaterThan(0.3);
  });
});

describe('movement in the picture', () => {
  it('reads shifts of a fraction of a pixel and of several', () => {
    const rest = pyramidOf(cloud(160, 120, () => [0, 0]));
    for (const [dx, dy] of [
      [0.3, -0.2],
      [2.4, 1.7],
      [0, 0],
    ] as const) {
      const seen = shiftOf(rest, pyramidOf(cloud(160, 120, () => [dx, dy])), {
        x0: 30,
        y0: 30,
        x1: 110,
        y1: 90,
      });
      expect(seen.dx).toBeCloseTo(dx, 1);
      expect(seen.dy).toBeCloseTo(dy, 1);
    }
  });

  it('finds a rhythm, and how much of the movement it explains', () => {
    const series = Array.from({ length: 80 }, (_, k) => 3 + 2 * Math.sin((2 * Math.PI * 0.27 * k) / 10));
    const { hz, amplitude, share } = rhythmOf(series, 10);
    expect(hz).toBeCloseTo(0.27, 1);
    expect(amplitude).toBeCloseTo(2, 1);
    expect(share).toBeGreaterThan(0.99);
    expect(rhythmOf(new Array<number>(80).fill(4), 10)).toEqual({ hz: 0, amplitude: 0, share: 0 });
  });

  it('sees shoulders breathe, and does not see them when they do not', () => {
    const face = madeFace(160, 100, 90);
    const still = breathing(
      footage(50, 10, () => [0, 0]),
      face,
    );
    expect(still.amplitude).toBe(0);
    const breath = footage(50, 10, (_x, y, t) => [0, y > 175 ? 0.6 * Math.sin(2 * Math.PI * 0.25 * t) : 0]);
    const { hz, amplitude, share } = breathing(breath, face);
    expect(hz).toBeGreaterThan(0.22);
    expect(hz).toBeLessThan(0.28);
    expect(amplitude * 320).toBeCloseTo(1.2, 0);
    expect(share).toBeGreaterThan(0.9);
  });

  it('tells hair that waves from a head that moves as one', () => {
    const face = madeFace(160, 160, 110);
    const outside = (x: number, y: number): boolean => Math.hypot((x - 160) / 66, (y - 160) / 76) > 1;
    const sway = (t: number): number => 1.6 * Math.sin(2 * Math.PI * 0.5 * t);
    const wind = hairAgainstFace(
      footage(30, 10, (x, y, t) => [outside(x, y) ? sway(t) : 0, 0]),
      face,
    );
    const asOne = hairAgainstFace(
      footage(30, 10, (_x, _y, t) => [sway(t), 0]),
      face,
    );
    expect(wind.hair).toBeGreaterThan(0.007);
    expect(wind.face).toBeLessThan(wind.hair / 3);
    expect(asOne.hair).toBeLessThan(0.001);
  });

  it('notices a corner that drifts', () => {
    const face = madeFace(260, 200, 120);
    const still = stillCorner(
      footage(10, 10, () => [0, 0]),
      face,
    );
    expect(still).toEqual({ db: 99, moves: 0 });
    const drift = stillCorner(
      footage(10, 10, (_x, _y, t) => [t, 0]),
      face,
    );
    expect(drift.moves).toBeGreaterThan(0.0015);
    expect(drift.db).toBeLessThan(36);
  });
});

describe('pictures and numbers', () => {
  it('compares pictures in decibels', () => {
    const flat = (value: number): Luma =>
      lumaOf({ width: 4, height: 4, data: new Uint8Array(64).fill(value) });
    expect(psnr(flat(10), flat(10))).toBe(99);
    expect(psnr(flat(10), flat(11))).toBeCloseTo(48.13, 1);
  });

  it('takes quantiles', () => {
    expect(quantile([5, 1, 4, 2, 3], 0.5)).toBe(3);
    expect(quantile([], 0.5)).toBe(0);
  });

  it('chooses the frames that differ', () => {
    const frame = (value: number): Raster => ({
      ...{ width: 8, height: 8 },
      data: new Uint8Array(256).fill(value),
    });
    const frames = [10, 10, 10, 200, 10, 10, 90].map(frame);
    const whole = { x0: 0, y0: 0, x1: 8, y1: 8 };
    expect(tellingFrames(frames, whole, null, 3)).toEqual([0, 3, 6]);
  });
});
