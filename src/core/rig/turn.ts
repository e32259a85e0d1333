import type { Pose } from '../../contracts/pose.ts';
import type { FaceFrame } from './face-frame.ts';
import type { Grid } from './grid.ts';
import type { HeadFields } from './head.ts';
import { clamp } from './maths.ts';

/** Most that the rig turns a head, in degrees. @source rig study. */
export const YAW_LIMIT = 12;
export const PITCH_LIMIT = 8;
export const ROLL_LIMIT = 4;
/** Least area that a cell of the head may keep. @source rig study. */
const JACOBIAN_MIN = 0.15;

/** How much of a commanded turn a picture bears in each direction, 0 … 1. */
export interface TurnLimits {
  readonly yawLeft: number;
  readonly yawRight: number;
  readonly pitchUp: number;
  readonly pitchDown: number;
  /** Both at once, relative to each alone: left up, right up, left down, right down. */
  readonly corners: readonly [number, number, number, number];
}

/** Turns the head's vertices by angles in degrees; adds to `travel`, which may hold an expression already. */
function turn(
  grid: Grid,
  frame: FaceFrame,
  head: HeadFields,
  yaw: number,
  pitch: number,
  roll: number,
  travel: Float32Array,
): void {
  const rad = Math.PI / 180;
  const cosYaw = Math.cos(yaw * rad);
  const sinYaw = Math.sin(yaw * rad);
  const cosPitch = Math.cos(pitch * rad);
  const sinPitch = Math.sin(pitch * rad);
  const cosRoll = Math.cos(roll * rad) - 1;
  const sinRoll = Math.sin(roll * rad);
  const [rx, ry] = frame.right;
  const [dx, dy] = frame.down;
  const [cx, cy] = frame.centre;
  const [px, py] = frame.chin;
  const columns = grid.xs.length;
  for (let k = 0; k < head.vertices.length; k++) {
    const n = head.vertices[k] as number;
    const w = head.weight[n] as number;
    const depth = head.depth[n] as number;
    const x = (grid.xs[n % columns] as number) + (travel[2 * n] as number);
    const y = (grid.ys[(n / columns) | 0] as number) + (travel[2 * n + 1] as number);
    const a = (x - cx) * rx + (y - cy) * ry;
    const b = (x - cx) * dx + (y - cy) * dy;
    const da = a * (cosYaw - 1) + depth * sinYaw;
    const deep = depth * cosYaw - a * sinYaw;
    const db = b * (cosPitch - 1) + deep * sinPitch;
    let mx = da * rx + db * dx;
    let my = da * ry + db * dy;
    if (roll !== 0) {
      const qx = x + mx - px;
      const qy = y + my - py;
      mx += cosRoll * qx - sinRoll * qy;
      my += sinRoll * qx + cosRoll * qy;
    }
    travel[2 * n] = (travel[2 * n] as number) + w * mx;
    travel[2 * n + 1] = (travel[2 * n + 1] as number) + w * my;
  }
}

/** Smallest area ratio of the head's cells under a displacement. */
function smallestCell(grid: Grid, head: HeadFields, travel: Float32Array): number {
  const columns = grid.xs.length;
  let least = Infinity;
  for (let k = 0; k < head.vertices.length; k++) {
    const n = head.vertices[k] as number;
    const i = n % columns;
    const j = (n / columns) | 0;
    if (i + 1 >= columns || j + 1 >= grid.ys.length || (head.weight[n] as number) < 0.05) continue;
    const w = (grid.xs[i + 1] as number) - (grid.xs[i] as number);
    const h = (grid.ys[j + 1] as number) - (grid.ys[j] as number);
    const at = (m: number, axis: number): number =>
      (travel[2 * m + axis] as number) - (travel[2 * n + axis] as number);
    const area =
      (1 + at(n + 1, 0) / w) * (1 + at(n + columns, 1) / h) - (at(n + 1, 1) / w) * (at(n + columns, 0) / h);
    if (area < least) least = area;
  }
  return least;
}

/** Finds how far a picture's head turns before a cell folds: bisection on the largest command of each direction. */
export function turnLimits(grid: Grid, frame: FaceFrame, head: HeadFields): TurnLimits {
  const travel = new Float32Array(2 * grid.count);
  const bears = (yaw: number, pitch: number): boolean => {
    travel.fill(0);
    turn(grid, frame, head, yaw, pitch, 0, travel);
    return smallestCell(grid, head, travel) >= JACOBIAN_MIN;
  };
  const share = (yaw: number, pitch: number): number => {
    if (bears(yaw, pitch)) return 1;
    let low = 0;
    let high = 1;
    for (let step = 0; step < 6; step++) {
      const middle = (low + high) / 2;
      if (bears(yaw * middle, pitch * middle)) low = middle;
      else high = middle;
    }
    return low;
  };
  const yawLeft = share(-YAW_LIMIT, 0);
  const yawRight = share(YAW_LIMIT, 0);
  const pitchUp = share(0, -PITCH_LIMIT);
  const pitchDown = share(0, PITCH_LIMIT);
  const left = -YAW_LIMIT * yawLeft;
  const right = YAW_LIMIT * yawRight;
  const up = -PITCH_LIMIT * pitchUp;
  const down = PITCH_LIMIT * pitchDown;
  return {
    yawLeft,
    yawRight,
    pitchUp,
    pitchDown,
    corners: [share(left, up), share(right, up), share(left, down), share(right, down)],
  };
}

/** Adds the head's pose to `travel`, within what the picture bears. */
export function rotateHead(
  grid: Grid,
  frame: FaceFrame,
  head: HeadFields,
  limits: TurnLimits,
  pose: Pose,
  travel: Float32Array,
): void {
  const yawShare = clamp(pose.yaw / YAW_LIMIT, -1, 1);
  const pitchShare = clamp(pose.pitch / PITCH_LIMIT, -1, 1);
  const corner = limits.corners[(yawShare < 0 ? 0 : 1) + (pitchShare < 0 ? 0 : 2)] ?? 1;
  const both = 1 - (1 - corner) * Math.min(Math.abs(yawShare), Math.abs(pitchShare));
  const yaw = yawShare * YAW_LIMIT * both * (pose.yaw < 0 ? limits.yawLeft : limits.yawRight);
  const pitch = pitchShare * PITCH_LIMIT * both * (pose.pitch < 0 ? limits.pitchUp : limits.pitchDown);
  const roll = clamp(pose.roll, -ROLL_LIMIT, ROLL_LIMIT);
  if (yaw === 0 && pitch === 0 && roll === 0) return;
  turn(grid, frame, head, yaw, pitch, roll, travel);
}
