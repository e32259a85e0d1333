import type { PresetId } from '../../src/contracts/settings.ts';
import {
  apart,
  distance,
  eyeOpening,
  faceBox,
  gazeAcross,
  mouthLift,
  mouthWidth,
  SIDES,
} from './face-measures.ts';
import { readFootage, type Footage } from './footage.ts';
import { meanDifference, psnr } from './image-measures.ts';
import { irisLeft } from './iris-left.ts';
import type { Landmarks, Oracle } from './oracle.ts';
import { turnSince, yawToCamera } from './pose-from-points.ts';
import type { Raster } from './raster.ts';
import { breathing, hairAgainstFace, stillCorner, waving } from './region-measures.ts';
import { THRESHOLDS, type Medium } from './thresholds.ts';

/** One number against its limit. */
export interface Check {
  readonly id: string;
  readonly value: number;
  readonly limit: string;
  readonly passed: boolean;
}

/** What was measured on one finished clip. */
export interface ClipMeasures {
  readonly preset: PresetId;
  readonly frames: number;
  readonly fps: number;
  readonly checks: readonly Check[];
  /** Further numbers, for people. */
  readonly facts: Readonly<Record<string, number>>;
}

interface Seen {
  readonly index: number;
  readonly face: Landmarks;
  readonly raster: Raster;
}

const atLeast = (id: string, value: number, limit: number): Check => ({
  ...{ id, value, limit: `≥ ${limit}` },
  passed: value >= limit,
});

const atMost = (id: string, value: number, limit: number): Check => ({
  ...{ id, value, limit: `≤ ${limit}` },
  passed: value <= limit,
});

function longestFreeze(footage: Footage, rest: Landmarks): number {
  const { x0, y0, x1, y1 } = faceBox(rest);
  const first = footage.lumas[0];
  if (first === undefined) return 0;
  const box = {
    x0: Math.max(0, Math.floor(x0)),
    y0: Math.max(0, Math.floor(y0)),
    x1: Math.min(first.width, Math.ceil(x1)),
    y1: Math.min(first.height, Math.ceil(y1)),
  };
  let run = 0;
  let longest = 0;
  footage.lumas.forEach((luma, index) => {
    const before = footage.lumas[index - 1];
    if (before === undefined) return;
    run = meanDifference(before, luma, box) < 0.02 ? run + 1 : 0;
    longest = Math.max(longest, run);
  });
  return longest / footage.fps;
}

function blinkChecks(seen: readonly Seen[], rest: Seen, medium: Medium): Check[] {
  const open = SIDES.map((side) => eyeOpening(rest.face, side));
  const relative = seen.map((frame) => SIDES.map((side, k) => eyeOpening(frame.face, side) / (open[k] ?? 1)));
  const both = relative.map((pair) => Math.max(...pair));
  const closedAt = both.indexOf(Math.min(...both));
  const closed = seen[closedAt] ?? rest;
  const after = relative.slice(closedAt + 1).map((pair) => Math.min(...pair));
  return [
    atMost('blink closes both eyes', both[closedAt] ?? 1, THRESHOLDS.blinkClosed[medium]),
    atLeast('blink reopens', Math.max(0, ...after), THRESHOLDS.blinkReopened),
    ...SIDES.map((side) =>
      atMost(`iris left, ${side} eye`, irisLeft(rest, closed, side), THRESHOLDS.irisLeft[medium]),
    ),
  ];
}

/** By how many degrees a face comes nearer to the camera at some time after it was farther from it. */
export function comesTowards(yaws: readonly number[]): number {
  let farthest = 0;
  let best = 0;
  for (const yaw of yaws) {
    farthest = Math.max(farthest, Math.abs(yaw));
    best = Math.max(best, farthest - Math.abs(yaw));
  }
  return best;
}

function presetChecks(
  preset: PresetId,
  footage: Footage,
  seen: readonly Seen[],
  rest: Seen,
  medium: Medium,
): Check[] {
  const turns = seen.map((frame) => turnSince(rest.face, frame.face));
  const wider = (): Check =>
    atLeast(
      'smile widens the mouth',
      Math.max(...seen.map((frame) => mouthWidth(frame.face) / mouthWidth(rest.face))) - 1,
      THRESHOLDS.smileWider,
    );
  switch (preset) {
    case 'smile-and-blink':
      return [wider(), ...blinkChecks(seen, rest, medium)];
    case 'turn-to-camera': {
      const away = yawToCamera(rest.face);
      return [
        atLeast(
          'turns towards the camera, degrees',
          comesTowards(turns.map(({ yaw }) => away + yaw)),
          THRESHOLDS.turnTowards,
        ),
      ];
    }
    case 'look-around':
      return [
        atLeast('looks left, degrees', -Math.min(...turns.map(({ yaw }) => yaw)), THRESHOLDS.lookEachSide),
        atLeast('looks right, degrees', Math.max(...turns.map(({ yaw }) => yaw)), THRESHOLDS.lookEachSide),
      ];
    case 'breathing': {
      const { hz, amplitude, share } = breathing(footage, rest.face);
      const [low, high] = THRESHOLDS.breathHz;
      return [
        { id: 'breathing rhythm, Hz', value: hz, limit: `${low}–${high}`, passed: hz >= low && hz <= high },
        atLeast('breathing height, of the picture', amplitude, THRESHOLDS.breathAmplitude),
        atLeast('breathing regularity', share, THRESHOLDS.breathShare),
      ];
    }
    case 'hair-in-wind': {
      const { hair, face } = hairAgainstFace(footage, rest.face);
      return [
        atLeast('hair moves, of the face width', hair, THRESHOLDS.hairMoves),
        atLeast('hair moves more than the face', hair / Math.max(face, 1e-4), THRESHOLDS.hairOverFace),
      ];
    }
    case 'wave-hello': {
      const rolls = turns.map(({ roll }) => roll);
      const lean = Math.max(...rolls) - Math.min(...rolls);
      const hand = waving(footage, rest.face);
      const waves = hand >= THRESHOLDS.waveHand;
      return [
        wider(),
        waves
          ? atLeast('hand moves, of the face width', hand, THRESHOLDS.waveHand)
          : atLeast('leans, degrees', lean, THRESHOLDS.waveLean),
      ];
    }
    case 'gentle-movement':
      return [
        atLeast(
          'moves gently, eye distances',
          Math.max(...seen.map((frame) => apart(rest.face, frame.face))),
          THRESHOLDS.gentleMoves,
        ),
      ];
  }
}

/**
 * Measures a finished clip: what its preset promises, and what every clip must keep.
 *
 * @param options.medium whether the source is a photograph
 * @throws Error when no face is seen in the first frame
 */
export function measureFootage(
  footage: Footage,
  options: { readonly preset: PresetId; readonly medium: Medium },
): ClipMeasures {
  const seen = footage.looks.flatMap(({ index, face, raster }): Seen[] =>
    face === null ? [] : [{ index, face, raster }],
  );
  const rest = seen[0];
  const firstLuma = footage.lumas[0];
  const lastLuma = footage.lumas[footage.lumas.length - 1];
  if (rest?.index !== 0 || firstLuma === undefined || lastLuma === undefined) {
    throw new Error('no face is seen in the first frame');
  }
  const last = seen[seen.length - 1] ?? rest;
  const checks: Check[] = [
    ...presetChecks(options.preset, footage, seen, rest, options.medium),
    atLeast('face seen in frames', seen.length / footage.looks.length, THRESHOLDS.faceSeen),
    atLeast('loops, dB', psnr(firstLuma, lastLuma), THRESHOLDS.loopDb),
    atMost('loops, eye distances', apart(rest.face, last.face), THRESHOLDS.loopApart),
    atMost('frozen, seconds', longestFreeze(footage, rest.face), THRESHOLDS.frozenS),
  ];
  // The gentle preset moves the camera, so that nothing in it stays where it was.
  if (options.preset !== 'gentle-movement') {
    const corner = stillCorner(footage, rest.face);
    checks.push(atLeast('still corner, dB', corner.db, THRESHOLDS.stillDb));
    checks.push(atMost('still corner moves, of the short side', corner.moves, THRESHOLDS.stillShare));
  }
  const turns = seen.map((frame) => turnSince(rest.face, frame.face));
  const gaze = seen.map((frame) => gazeAcross(frame.face) - gazeAcross(rest.face));
  const opening = (frame: Seen): number =>
    Math.min(...SIDES.map((side) => eyeOpening(frame.face, side) / eyeOpening(rest.face, side)));
  const facts = {
    faceWidthPx: distance(rest.face, 234, 454),
    restYaw: yawToCamera(rest.face),
    yawMin: Math.min(...turns.map(({ yaw }) => yaw)),
    yawMax: Math.max(...turns.map(({ yaw }) => yaw)),
    pitchMin: Math.min(...turns.map(({ pitch }) => pitch)),
    pitchMax: Math.max(...turns.map(({ pitch }) => pitch)),
    rollMin: Math.min(...turns.map(({ roll }) => roll)),
    rollMax: Math.max(...turns.map(({ roll }) => roll)),
    gazeMin: Math.min(...gaze),
    gazeMax: Math.max(...gaze),
    openingMin: Math.min(...seen.map(opening)),
    mouthWider: Math.max(...seen.map((frame) => mouthWidth(frame.face) / mouthWidth(rest.face))) - 1,
    mouthLift: Math.max(...seen.map((frame) => mouthLift(frame.face) - mouthLift(rest.face))),
  };
  return { preset: options.preset, frames: footage.rasters.length, fps: footage.fps, checks, facts };
}

/** {@link readFootage} and {@link measureFootage} in one. */
export async function measureClip(
  oracle: Oracle,
  path: string,
  options: { readonly preset: PresetId; readonly medium: Medium },
): Promise<ClipMeasures> {
  return measureFootage(await readFootage(oracle, path), options);
}
