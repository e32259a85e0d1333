import { describe, expect, it } from 'vitest';
import type { RigMesh } from '../rig/mesh.ts';
import { drawPatches } from './patches.ts';
import { createFramePlanes, framePlanesToRgba, PAD, paddedPicture } from './planes.ts';
import { createLattice, drawBase } from './warp.ts';

const WIDTH = 52;
const HEIGHT = 36;

function noise(): Uint8ClampedArray {
  let state = 7;
  return Uint8ClampedArray.from({ length: WIDTH * HEIGHT * 4 }, (_, n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return n % 4 === 3 ? 255 : state >>> 24;
  });
}

/** A quad over the frame whose texture is shifted by (dx, dy) pixels; then a small patch, if any. */
function quad(dx: number, dy: number, patch?: { paint: readonly number[]; alpha: number }): RigMesh {
  const corner = (x: number, y: number): number[] => [x / WIDTH, y / HEIGHT, 0, 0, 0, 0, 1];
  const surface = [
    corner(dx, dy),
    corner(dx + WIDTH, dy),
    corner(dx, dy + HEIGHT),
    corner(dx + WIDTH, dy + HEIGHT),
  ];
  const positions = [0, 0, WIDTH, 0, 0, HEIGHT, WIDTH, HEIGHT];
  const indices = [0, 1, 2, 1, 3, 2];
  if (patch) {
    for (const [x, y] of [
      [10, 10],
      [30, 10],
      [10, 30],
      [30, 30],
    ] as const) {
      positions.push(x, y);
      surface.push([x / WIDTH, y / HEIGHT, ...patch.paint, 1, patch.alpha]);
    }
    indices.push(4, 5, 6, 5, 7, 6);
  }
  return {
    positions: Float32Array.from(positions),
    surface: Float32Array.from(surface.flat()),
    indices: Uint32Array.from(indices),
    patchStart: 4,
    baseIndices: 6,
  };
}

function draw(mesh: RigMesh): ReturnType<typeof createFramePlanes> {
  const source = paddedPicture(noise(), WIDTH, HEIGHT);
  const count = mesh.positions.length / 2;
  const x = Float32Array.from({ length: count }, (_, n) => mesh.positions[2 * n] as number);
  const y = Float32Array.from({ length: count }, (_, n) => mesh.positions[2 * n + 1] as number);
  const frame = createFramePlanes(WIDTH, HEIGHT);
  drawBase(source, mesh, x, y, frame, createLattice(WIDTH, HEIGHT));
  drawPatches(source, mesh, x, y, frame);
  return frame;
}

describe('video planes', () => {
  it.each([
    [
      [255, 255, 255],
      [235, 128, 128],
    ],
    [
      [0, 0, 0],
      [16, 128, 128],
    ],
    [
      [255, 0, 0],
      [63, 102, 240],
    ],
    [
      [0, 255, 0],
      [173, 42, 26],
    ],
    [
      [0, 0, 255],
      [32, 240, 118],
    ],
  ])('give %j as the standard’s %j', (rgb, ycc) => {
    const rgba = Uint8ClampedArray.from({ length: 4 * 4 * 4 }, (_, n) =>
      n % 4 === 3 ? 255 : (rgb[n % 4] ?? 0),
    );
    const picture = paddedPicture(rgba, 4, 4);
    const seen = [picture.luma, picture.cb, picture.cr].map((plane) => plane.data[PAD * plane.stride + PAD]);
    expect(seen).toEqual(ycc);
  });

  it('come back as the colours that went in', () => {
    const rgba = Uint8ClampedArray.from({ length: 16 * 16 * 4 }, (_, n) => [200, 90, 40, 255][n % 4] ?? 0);
    const picture = paddedPicture(rgba, 16, 16);
    const frame = createFramePlanes(16, 16);
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) {
        frame.data[y * frame.stride + x] = picture.luma.data[
          (y + PAD) * picture.luma.stride + x + PAD
        ] as number;
        const half = (y >> 1) * (frame.stride / 2) + (x >> 1);
        frame.data[frame.offsets[1] + half] = picture.cb.data[PAD * picture.cb.stride + PAD] as number;
        frame.data[frame.offsets[2] + half] = picture.cr.data[PAD * picture.cr.stride + PAD] as number;
      }
    const out = new Uint8ClampedArray(rgba.length);
    framePlanesToRgba(frame, out);
    rgba.forEach((value, n) => expect(Math.abs(value - (out[n] as number))).toBeLessThanOrEqual(3));
  });
});

describe('the base', () => {
  it.each([
    [0, 0],
    [3, 0],
    [0, -5],
    [-7, 4],
  ])('shifted by whole pixels (%i, %i) copies them exactly, and repeats the border beyond', (dx, dy) => {
    const frame = draw(quad(dx, dy));
    const { luma } = paddedPicture(noise(), WIDTH, HEIGHT);
    const clamp = (value: number, high: number): number => Math.min(high, Math.max(0, value));
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const own =
          luma.data[(clamp(y + dy, HEIGHT - 1) + PAD) * luma.stride + clamp(x + dx, WIDTH - 1) + PAD];
        // Sixteen bits of fraction over the frame's width: at most one step from a neighbour's share.
        expect(Math.abs((frame.data[y * frame.stride + x] as number) - (own as number))).toBeLessThanOrEqual(
          1,
        );
      }
  });
});

describe('patches', () => {
  it('cover with their alpha', () => {
    const under = draw(quad(0, 0));
    const whole = draw(quad(0, 0, { paint: [1, 1, 1], alpha: 1 }));
    const half = draw(quad(0, 0, { paint: [1, 1, 1], alpha: 0.5 }));
    const none = draw(quad(0, 0, { paint: [1, 1, 1], alpha: 0 }));
    const at = 20 * under.stride + 20;
    expect(whole.data[at]).toBe(235);
    expect(Math.abs((half.data[at] as number) - (235 + (under.data[at] as number)) / 2)).toBeLessThanOrEqual(
      1,
    );
    expect(none.data).toEqual(under.data);
    expect(whole.data[5 * under.stride + 5]).toBe(under.data[5 * under.stride + 5]);
  });
});
