import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Pose } from '../../contracts/pose.ts';
import { neutralPose } from '../../contracts/pose.ts';
import { drawPatches } from '../draw/patches.ts';
import { createFramePlanes, framePlanesToRgba, PAD, paddedPicture } from '../draw/planes.ts';
import type { PaddedPicture } from '../draw/planes.ts';
import { createLattice, drawBase } from '../draw/warp.ts';
import { buildRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { drawnPerception, drawnPortrait, HEIGHT, WIDTH } from './test-picture.ts';

const pixels = drawnPortrait();
let rig: Rig;
let source: PaddedPicture;

beforeAll(() => {
  rig = buildRig(drawnPerception(), pixels);
  source = paddedPicture(pixels.data, WIDTH, HEIGHT);
});

/** Draws a pose at the picture's own size, as RGBA. */
function drawn(change: Partial<Pose>, of: Rig = rig): Uint8ClampedArray {
  const mesh = of.deform({ ...neutralPose(), ...change });
  const count = mesh.positions.length / 2;
  const x = Float32Array.from({ length: count }, (_, n) => mesh.positions[2 * n] as number);
  const y = Float32Array.from({ length: count }, (_, n) => mesh.positions[2 * n + 1] as number);
  const frame = createFramePlanes(WIDTH, HEIGHT);
  drawBase(source, mesh, x, y, frame, createLattice(WIDTH, HEIGHT));
  drawPatches(source, mesh, x, y, frame);
  const out = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  framePlanesToRgba(frame, out);
  return out;
}

function count(
  rgba: Uint8ClampedArray,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  is: (r: number, g: number, b: number) => boolean,
): number {
  let found = 0;
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++) {
      const n = 4 * (y * WIDTH + x);
      if (is(rgba[n] as number, rgba[n + 1] as number, rgba[n + 2] as number)) found++;
    }
  return found;
}

const isWhite = (r: number, g: number, b: number): boolean => r > 225 && g > 225 && b > 215;
const isIris = (r: number, g: number, b: number): boolean => r < 70 && g < 100 && b < 70;
const EYES_BOX = [115, 180, 285, 222] as const;
const LEFT_EYE = [120, 185, 180, 216] as const;
const RIGHT_EYE = [220, 185, 280, 216] as const;

/** Horizontal middle of what `is` finds. */
function middleX(
  rgba: Uint8ClampedArray,
  box: readonly [number, number, number, number],
  is: typeof isIris,
): number {
  let sum = 0;
  let total = 0;
  for (let x = box[0]; x < box[2]; x++) {
    const n = count(rgba, [x, box[1], x + 1, box[3]], is);
    sum += n * x;
    total += n;
  }
  return sum / total;
}

describe('the neutral pose', () => {
  it('equals the source picture to a rounding step of each plane', () => {
    const mesh = rig.deform(neutralPose());
    const vertices = mesh.positions.length / 2;
    const x = Float32Array.from({ length: vertices }, (_, n) => mesh.positions[2 * n] as number);
    const y = Float32Array.from({ length: vertices }, (_, n) => mesh.positions[2 * n + 1] as number);
    const frame = createFramePlanes(WIDTH, HEIGHT);
    drawBase(source, mesh, x, y, frame, createLattice(WIDTH, HEIGHT));
    drawPatches(source, mesh, x, y, frame);
    let worst = 0;
    for (let row = 0; row < HEIGHT; row++)
      for (let column = 0; column < WIDTH; column++) {
        const own = source.luma.data[(row + PAD) * source.luma.stride + column + PAD] as number;
        worst = Math.max(worst, Math.abs((frame.data[row * frame.stride + column] as number) - own));
      }
    expect(worst).toBeLessThanOrEqual(1);
  });
});

describe('the eyes', () => {
  it('are open in the source', () => {
    const rest = drawn({});
    expect(count(rest, EYES_BOX, isWhite)).toBeGreaterThan(500);
    expect(count(rest, EYES_BOX, isIris)).toBeGreaterThan(150);
  });

  it('show neither white nor iris once the lids are shut', () => {
    const shut = drawn({ lidLeft: 1, lidRight: 1 });
    expect(count(shut, EYES_BOX, isWhite)).toBeLessThanOrEqual(4);
    expect(count(shut, EYES_BOX, isIris)).toBeLessThanOrEqual(4);
  });

  it('close one by one, each on its side of the picture', () => {
    const wink = drawn({ lidLeft: 1 });
    expect(count(wink, LEFT_EYE, isWhite)).toBeLessThanOrEqual(2);
    expect(count(wink, RIGHT_EYE, isWhite)).toBeGreaterThan(200);
  });

  it('look to the side that was asked for, by a tenth of an eye', () => {
    const rest = middleX(drawn({}), LEFT_EYE, isIris);
    const right = middleX(drawn({ gazeX: 1 }), LEFT_EYE, isIris);
    const left = middleX(drawn({ gazeX: -1 }), LEFT_EYE, isIris);
    expect(right - rest).toBeGreaterThan(2.5);
    expect(rest - left).toBeGreaterThan(2.5);
    expect(right - rest).toBeLessThan(8);
  });
});

describe('the head', () => {
  const nose = [190, 225, 210, 265] as const;
  const carried = (change: Partial<Pose>): [number, number] => {
    const { positions } = rig.deform({ ...neutralPose(), ...change });
    let best = 0;
    let bestDistance = Infinity;
    const rest = Float32Array.from(rig.deform(neutralPose()).positions);
    for (let n = 0; n < rest.length / 2; n++) {
      const d = Math.hypot((rest[2 * n] as number) - 200, (rest[2 * n + 1] as number) - 255);
      if (d < bestDistance) {
        bestDistance = d;
        best = n;
      }
    }
    const moved = rig.deform({ ...neutralPose(), ...change }).positions;
    expect(positions).toBe(moved);
    return [
      (moved[2 * best] as number) - (rest[2 * best] as number),
      (moved[2 * best + 1] as number) - (rest[2 * best + 1] as number),
    ];
  };

  it('turns its nose to the picture’s right for a positive yaw, and down for a positive pitch', () => {
    expect(nose[0]).toBeLessThan(200);
    expect(carried({ yaw: 10 })[0]).toBeGreaterThan(8);
    expect(carried({ yaw: -10 })[0]).toBeLessThan(-8);
    expect(carried({ pitch: 7 })[1]).toBeGreaterThan(5);
    expect(carried({ pitch: -7 })[1]).toBeLessThan(-5);
  });

  it('never turns further than its limits, whatever is asked', () => {
    expect(carried({ yaw: 90 })).toEqual(carried({ yaw: 12 }));
  });
});

describe('the mouth', () => {
  it('opens onto a dark inside, not onto stretched lips', () => {
    const dark = (r: number, g: number, b: number): boolean => r + g + b < 330;
    const box = [170, 306, 230, 330] as const;
    expect(count(drawn({ jaw: 0.6 }), box, dark)).toBeGreaterThan(count(drawn({}), box, dark) + 300);
  });

  it('widens with a smile by 6% and more', () => {
    const width = (change: Partial<Pose>): number => {
      const is = (r: number, g: number, b: number): boolean => r < 130 && g < 70 && b < 70 && r > 60;
      const rgba = drawn(change);
      let low = Infinity;
      let high = -Infinity;
      for (let x = 130; x < 270; x++)
        if (count(rgba, [x, 280, x + 1, 330], is) > 0) {
          low = Math.min(low, x);
          high = Math.max(high, x);
        }
      return high - low;
    };
    expect(width({ smile: 0.8 }) / width({})).toBeGreaterThan(1.06);
  });
});

describe('every pose', () => {
  const control = (low: number, high: number): fc.Arbitrary<number> =>
    fc.double({ min: low, max: high, noNaN: true });
  const poses = fc.record({
    yaw: control(-15, 15),
    pitch: control(-10, 10),
    roll: control(-5, 5),
    gazeX: control(-1, 1),
    gazeY: control(-1, 1),
    lidLeft: control(0, 1),
    lidRight: control(0, 1),
    smile: control(-0.5, 1),
    jaw: control(0, 0.7),
    mouthWidth: control(-0.34, 0.22),
    breath: control(-1, 1),
    sway: control(-0.01, 0.01),
    wind: control(0, 1),
    windPhaseS: control(0, 15),
    zoom: control(0.95, 1.14),
    panX: control(-0.02, 0.02),
    panY: control(-0.02, 0.02),
    orbit: control(-4, 4),
  });

  it('keeps the frame covered: no border comes into view', () => {
    fc.assert(
      fc.property(poses, (change) => {
        const { positions } = rig.deform({ ...neutralPose(), ...change });
        let left = -Infinity;
        let right = Infinity;
        let top = -Infinity;
        let bottom = Infinity;
        const rest = rig.mesh.surface;
        for (let n = 0; n < rig.mesh.patchStart; n++) {
          const x = positions[2 * n] as number;
          const y = positions[2 * n + 1] as number;
          if (!Number.isFinite(x) || !Number.isFinite(y)) return false;
          if (rest[7 * n] === 0) left = Math.max(left, x);
          if (rest[7 * n] === 1) right = Math.min(right, x);
          if (rest[7 * n + 1] === 0) top = Math.max(top, y);
          if (rest[7 * n + 1] === 1) bottom = Math.min(bottom, y);
        }
        return left <= 0.6 && top <= 0.6 && right >= WIDTH - 0.6 && bottom >= HEIGHT - 0.6;
      }),
      { numRuns: 60 },
    );
  });

  it('folds no cell of the head', () => {
    fc.assert(
      fc.property(
        poses.map(({ yaw, pitch }) => ({ yaw, pitch })),
        (change) => {
          const { positions } = rig.deform({ ...neutralPose(), ...change });
          for (let t = 0; t < rig.mesh.baseIndices; t += 3) {
            const [a, b, c] = [0, 1, 2].map((k) => rig.mesh.indices[t + k] as number) as [
              number,
              number,
              number,
            ];
            const at = (n: number, k: number): number => positions[2 * n + k] as number;
            const area =
              (at(b, 0) - at(a, 0)) * (at(c, 1) - at(a, 1)) - (at(c, 0) - at(a, 0)) * (at(b, 1) - at(a, 1));
            if (area <= 0) return false;
          }
          return true;
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a face that fills the picture', () => {
  it('moves no border, whatever it does', () => {
    const perception = drawnPerception();
    const landmarks = perception.face?.landmarks ?? new Float32Array();
    const near = Float32Array.from(landmarks, (value, n) =>
      n % 3 === 0 ? 200 + 1.7 * (value - 200) : n % 3 === 1 ? 260 + 1.7 * (value - 235) : 1.7 * value,
    );
    const close = buildRig(
      { ...perception, person: null, face: { box: [0, 0, WIDTH, HEIGHT], score: 1, landmarks: near } },
      pixels,
    );
    const pose = {
      ...neutralPose(),
      smile: 1,
      jaw: 0.6,
      browLeft: 1,
      browRight: 1,
      yaw: 9,
      pitch: -6,
      breath: 1,
    };
    const { positions, surface, patchStart } = close.deform(pose);
    for (let n = 0; n < patchStart; n++) {
      const [u, v] = [surface[7 * n] as number, surface[7 * n + 1] as number];
      if (u === 0 || u === 1) expect(positions[2 * n]).toBeCloseTo(u * WIDTH, 2);
      if (v === 0 || v === 1) expect(positions[2 * n + 1]).toBeCloseTo(v * HEIGHT, 2);
    }
  });
});

describe('pictures without a face', () => {
  it('still get a camera, and say so in their traits', () => {
    const landscape = buildRig({ ...drawnPerception(), face: null, person: null }, pixels);
    expect(landscape.traits).toMatchObject({
      hasFace: false,
      hasHair: false,
      hasPerson: false,
      hasHand: false,
    });
    const rest = Float32Array.from(landscape.deform(neutralPose()).positions);
    const near = Float32Array.from(landscape.deform({ ...neutralPose(), zoom: 1.1 }).positions);
    expect(Math.max(...near.map((value, n) => Math.abs(value - (rest[n] as number))))).toBeGreaterThan(5);
    expect(landscape.mesh.baseIndices).toBe(landscape.mesh.indices.length);
  });
});

describe('traits', () => {
  it('tell what the picture has', () => {
    expect(rig.traits.hasFace).toBe(true);
    expect(rig.traits.hasHair).toBe(true);
    expect(rig.traits.hasPerson).toBe(true);
    expect(Math.abs(rig.traits.sourceYaw)).toBeLessThan(6);
    expect(rig.traits.mouthOpen).toBeLessThan(0.08);
    expect(rig.traits.eyesOpen).toBeGreaterThan(0.6);
  });
});
