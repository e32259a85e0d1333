import type { Perception } from '../../contracts/perception.ts';
import type { Pose, RigTraits } from '../../contracts/pose.ts';
import { bodyFields, findShoulders, handField, softened } from './body.ts';
import { expressionBases } from './expression.ts';
import type { Basis } from './expression.ts';
import { createEye } from './eyes.ts';
import { faceFrame } from './face-frame.ts';
import type { FaceFrame } from './face-frame.ts';
import { createGrid, eachVertex, sampleField } from './grid.ts';
import { hairField, hairMask, windOffset } from './hair.ts';
import { headFields } from './head.ts';
import { clamp, smoothstep } from './maths.ts';
import { MeshBuilder, setSurface } from './mesh.ts';
import type { RigMesh } from './mesh.ts';
import { createMouth } from './mouth.ts';
import type { Pixels } from './pixels.ts';
import { EYE_LEFT, EYE_RIGHT } from './points.ts';
import { maskToRaster, rasterFor } from './raster.ts';
import type { Raster } from './raster.ts';
import { rotateHead, turnLimits } from './turn.ts';

/** Breathing's lift at `breath` = 1, as a share of the picture's height. @source rig study: .004–.006. */
const BREATH_LIFT = 0.0052;
/** How much of the breath the head follows. @source rig study. */
const HEAD_FOLLOWS = 0.7;
/** The background's share of the camera's magnification. @source rig study: 1.03 against 1.10. */
const BACKGROUND_ZOOM = 0.3;

/** A picture made ready to move: its mesh and what deforms it. Owns all of its arrays. */
export interface Rig {
  readonly mesh: RigMesh;
  readonly traits: RigTraits;
  /** Subject's box in fractions of the picture, for crops. */
  readonly subjectBox: readonly [number, number, number, number];
  /** Masks by name, for the developer page. */
  readonly masks: { readonly person: Raster | null; readonly hair: Raster | null };
  /** Writes the mesh of a pose: all positions, and the surfaces from `patchStart` on. */
  deform(pose: Pose): RigMesh;
}

function addBasis(target: Float32Array, basis: Basis, amount: number): void {
  if (amount === 0) return;
  const { indices, offsets } = basis;
  for (let k = 0; k < indices.length; k++) {
    const n = 2 * (indices[k] as number);
    target[n] = (target[n] as number) + amount * (offsets[2 * k] as number);
    target[n + 1] = (target[n + 1] as number) + amount * (offsets[2 * k + 1] as number);
  }
}

function subjectBoxOf(
  width: number,
  height: number,
  frame: FaceFrame | null,
  person: Raster | null,
): [number, number, number, number] {
  let box: [number, number, number, number] = [0, 0, 1, 1];
  if (person) {
    let x0 = 1;
    let y0 = 1;
    let x1 = 0;
    let y1 = 0;
    for (let j = 0, n = 0; j < person.height; j++)
      for (let i = 0; i < person.width; i++, n++) {
        if ((person.data[n] as number) < 0.5) continue;
        x0 = Math.min(x0, i / person.width);
        x1 = Math.max(x1, (i + 1) / person.width);
        y0 = Math.min(y0, j / person.height);
        y1 = Math.max(y1, (j + 1) / person.height);
      }
    if (x1 > x0) box = [x0, y0, x1 - x0, y1 - y0];
  }
  if (frame) {
    // A face decides where the crop looks: head and shoulders, with room above.
    const half = (1.6 * frame.faceWidth) / width;
    const x = frame.centre[0] / width - half;
    const y = (frame.centre[1] - 1.1 * frame.faceHeight) / height;
    const tall = Math.min(1, (3.2 * frame.faceHeight) / height);
    box = [
      clamp(x, 0, 1),
      clamp(y, 0, 1),
      Math.min(2 * half, 1 - clamp(x, 0, 1)),
      Math.min(tall, 1 - clamp(y, 0, 1)),
    ];
  }
  return box;
}

function fineRegion(frame: FaceFrame): Parameters<typeof createGrid>[2] {
  const [cx, cy] = frame.centre;
  const r = 1.9 * frame.iod;
  return { x0: cx - r, x1: cx + r, y0: cy - r, y1: cy + r, step: frame.iod / 24 };
}

/**
 * Builds a picture's rig.
 * @param pixels the analysed picture, the same size as the perception's frame; not kept.
 */
export function buildRig(perception: Perception, pixels: Pixels): Rig {
  const { width, height } = perception;
  const frame = perception.face ? faceFrame(perception.face) : null;
  const grid = createGrid(width, height, frame ? fineRegion(frame) : null);
  const person = perception.person ? maskToRaster(perception.person, rasterFor(width, height, 320)) : null;
  const shoulders = findShoulders(perception.body, frame);
  const body = bodyFields(grid, person, shoulders, frame);
  const head = frame ? headFields(grid, frame, person ? softened(person, 0.035) : null) : null;
  const bases = frame ? expressionBases(grid, frame) : null;
  const hair = frame ? hairMask(pixels, frame, person) : null;
  const wind = frame && hair ? hairField(grid, frame, hair) : null;
  const waving = perception.hands.find((hand) => hand.score > 0.6) ?? null;
  const hand = waving ? handField(grid, waving) : null;
  const limits = frame && head ? turnLimits(grid, frame, head) : null;

  const builder = new MeshBuilder();
  builder.add(grid.xs.length, grid.ys.length);
  const mouth = frame ? createMouth(builder, frame, pixels) : null;
  const eyes = frame
    ? [createEye(builder, EYE_LEFT, frame, pixels), createEye(builder, EYE_RIGHT, frame, pixels)]
    : [];
  const mesh = builder.build(grid.count);
  eachVertex(grid, (n, x, y) => setSurface(mesh, n, x / width, y / height, 1));

  const jawVertices: number[] = [];
  const jawOffsets: number[] = [];
  if (mouth && frame) {
    const drop = new Float32Array(2);
    eachVertex(grid, (n, x, y) => {
      if (Math.hypot(x - frame.chin[0], y - frame.chin[1]) > 3 * frame.iod) return;
      mouth.jaw.at(x, y, mouth.jaw.below(x, y), drop);
      if (Math.abs(drop[0] as number) + Math.abs(drop[1] as number) < 0.02) return;
      jawVertices.push(n);
      jawOffsets.push(drop[0] as number, drop[1] as number);
    });
  }

  const travel = new Float32Array(2 * grid.count);
  const expression = new Float32Array(2 * grid.count);
  const pair = new Float32Array(2);
  const focus: readonly [number, number] = frame
    ? [frame.centre[0], frame.centre[1] + 0.4 * frame.faceHeight]
    : [width / 2, height * 0.52];
  const restX = new Float32Array(grid.count);
  const restY = new Float32Array(grid.count);
  const inside = new Float32Array(grid.count);
  // Whatever moves at a border would uncover what lies beyond the picture.
  const pinned = new Float32Array(grid.count);
  eachVertex(grid, (n, x, y) => {
    restX[n] = x;
    restY[n] = y;
    const edge = Math.min(x / width, y / height, 1 - x / width, 1 - y / height);
    inside[n] = smoothstep(0, 0.22, edge);
    pinned[n] = smoothstep(0, 0.06, edge);
  });

  const carry = (x: number, y: number, out: Float32Array): void => {
    sampleField(grid, travel, x, y, out);
    out[0] = x + (out[0] as number);
    out[1] = y + (out[1] as number);
  };

  const moveBody = (pose: Pose): void => {
    const lift = -pose.breath * BREATH_LIFT * height;
    const out = pose.breath * 0.0018 * width;
    const sway = pose.sway * width;
    for (let n = 0; n < grid.count; n++) {
      const follow = head ? HEAD_FOLLOWS * (head.weight[n] as number) : 0;
      travel[2 * n] =
        (travel[2 * n] as number) + sway * (body.sway[n] as number) + out * (body.widen[n] as number);
      travel[2 * n + 1] = (travel[2 * n + 1] as number) + lift * Math.max(body.breath[n] as number, follow);
    }
  };

  const moveHair = (pose: Pose, iod: number): void => {
    if (!wind || pose.wind === 0) return;
    for (let k = 0; k < wind.vertices.length; k++) {
      const n = 2 * (wind.vertices[k] as number);
      windOffset(
        wind.along[k] as number,
        wind.across[k] as number,
        pose.windPhaseS,
        pose.wind,
        pose.windDirection,
        pair,
      );
      const w = (wind.weight[k] as number) * iod;
      travel[n] = (travel[n] as number) + w * (pair[0] as number);
      travel[n + 1] = (travel[n + 1] as number) + w * (pair[1] as number);
    }
  };

  const moveHand = (pose: Pose): void => {
    if (!hand || (pose.handAngle === 0 && pose.handRaise === 0)) return;
    const angle = (clamp(pose.handAngle, -25, 25) * Math.PI) / 180;
    const c = Math.cos(angle) - 1;
    const s = Math.sin(angle);
    const up = -0.22 * hand.size * pose.handRaise;
    for (let k = 0; k < hand.vertices.length; k++) {
      const n = hand.vertices[k] as number;
      const w = hand.weight[k] as number;
      const x = (restX[n] as number) - hand.pivot[0];
      const y = (restY[n] as number) - hand.pivot[1];
      travel[2 * n] = (travel[2 * n] as number) + w * (c * x - s * y);
      travel[2 * n + 1] = (travel[2 * n + 1] as number) + w * (s * x + c * y + up);
    }
  };

  const moveCamera = (pose: Pose): void => {
    const zoom = pose.zoom - 1;
    const orbit = pose.orbit * 0.0045 * width;
    // A shift of the view needs as much room as it shows: the picture grows by twice the shift.
    const room =
      1 + 2.1 * Math.max(Math.abs(pose.panX), Math.abs(pose.panY)) + (1.2 * Math.abs(orbit)) / width;
    const panX = -pose.panX * width;
    const panY = -pose.panY * height;
    if (zoom === 0 && orbit === 0 && room === 1) return;
    for (let n = 0; n < grid.count; n++) {
      const near = body.near[n] as number;
      // Pulling out can't show what lies beyond the picture: the person recedes, the borders stay.
      const m =
        zoom >= 0
          ? 1 + zoom * (BACKGROUND_ZOOM + (1 - BACKGROUND_ZOOM) * near)
          : 1 + zoom * near * (inside[n] as number);
      const x = (restX[n] as number) + (travel[2 * n] as number);
      const y = (restY[n] as number) + (travel[2 * n + 1] as number);
      const zx = focus[0] + (x - focus[0]) * m + orbit * (near - 0.5);
      const zy = focus[1] + (y - focus[1]) * m;
      travel[2 * n] = width / 2 + (zx - width / 2) * room + panX - (restX[n] as number);
      travel[2 * n + 1] = height / 2 + (zy - height / 2) * room + panY - (restY[n] as number);
    }
  };

  const deform = (pose: Pose): RigMesh => {
    travel.fill(0);
    if (frame && head && bases && limits) {
      expression.fill(0);
      addBasis(expression, bases.smile, pose.smile);
      addBasis(expression, bases.browLeft, pose.browLeft);
      addBasis(expression, bases.browRight, pose.browRight);
      addBasis(expression, bases.mouthWidth, pose.mouthWidth);
      travel.set(expression);
      rotateHead(grid, frame, head, limits, pose, travel);
    }
    moveBody(pose);
    if (frame) moveHair(pose, frame.iod);
    moveHand(pose);
    for (let n = 0; n < grid.count; n++) {
      const hold = pinned[n] as number;
      if (hold === 1) continue;
      travel[2 * n] = (travel[2 * n] as number) * hold;
      travel[2 * n + 1] = (travel[2 * n + 1] as number) * hold;
    }
    moveCamera(pose);
    const { positions } = mesh;
    for (let n = 0; n < grid.count; n++) {
      positions[2 * n] = (restX[n] as number) + (travel[2 * n] as number);
      positions[2 * n + 1] = (restY[n] as number) + (travel[2 * n + 1] as number);
    }
    const jaw = clamp(pose.jaw, 0, 1);
    if (jaw > 0)
      for (let k = 0; k < jawVertices.length; k++) {
        const n = jawVertices[k] as number;
        carry(
          (restX[n] as number) + jaw * (pinned[n] as number) * (jawOffsets[2 * k] as number),
          (restY[n] as number) + jaw * (pinned[n] as number) * (jawOffsets[2 * k + 1] as number),
          pair,
        );
        positions[2 * n] = pair[0] as number;
        positions[2 * n + 1] = pair[1] as number;
      }
    mouth?.update(mesh, carry, jaw);
    const squint = clamp(pose.smile, 0, 1);
    eyes[0]?.update(mesh, carry, pose.lidLeft, squint, pose.gazeX, pose.gazeY);
    eyes[1]?.update(mesh, carry, pose.lidRight, squint, pose.gazeX, pose.gazeY);
    return mesh;
  };

  const openings = eyes.map((eye) => eye.opening);
  const traits: RigTraits = {
    hasFace: frame !== null,
    sourceYaw: frame?.yaw ?? 0,
    sourcePitch: frame?.pitch ?? 0,
    sourceGazeX: eyes.length ? eyes.reduce((sum, eye) => sum + eye.gaze / eyes.length, 0) : 0,
    eyesOpen: openings.length ? clamp(Math.max(...openings) / 0.34, 0, 1) : 0,
    mouthOpen: mouth?.opening ?? 0,
    hasHair: wind !== null,
    hasShoulders: shoulders !== null && shoulders.y < height * 0.97,
    hasHand: hand !== null,
    hasPerson: person !== null,
  };
  return {
    mesh,
    traits,
    subjectBox: subjectBoxOf(width, height, frame, person),
    masks: { person, hair },
    deform,
  };
}
