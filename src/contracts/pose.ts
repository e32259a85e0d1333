/**
 * The rig's controls at one moment. All zero is the neutral pose, which equals the source picture to the pixel.
 * Signs are the viewer's: positive x is the picture's right, positive y is down.
 */
export interface Pose {
  /** Head turn in degrees; positive turns the nose to the picture's right. Rig limits ±12. */
  yaw: number;
  /** Head pitch in degrees; positive looks down. Rig limits ±8. */
  pitch: number;
  /** Head roll in degrees; positive leans the crown to the picture's right. Rig limits ±4. */
  roll: number;
  /** Iris shift sideways, −1…1 of the allowed range (.12 eye widths). */
  gazeX: number;
  /** Iris shift up or down, −1…1 of the allowed range (.06 eye widths). */
  gazeY: number;
  /** How far the lid of the eye at the picture's left is closed, 0 open … 1 shut. Small negatives widen. */
  lidLeft: number;
  /** The same for the eye at the picture's right. */
  lidRight: number;
  /** Brow of the picture's left, −1 lowered … 1 raised. */
  browLeft: number;
  browRight: number;
  /** 0 none … 1 full smile of the study; negative turns the corners down. */
  smile: number;
  /** Jaw drop 0 … 1 (1 is .30 IOD; speech stays ≤ .6). */
  jaw: number;
  /** Mouth width factor minus one: −.3 is an O, +.2 an E. */
  mouthWidth: number;
  /** Chest and shoulders, −1 out … 1 in; 1 lifts them by .005 of the picture's height. */
  breath: number;
  /** Body sway sideways, fraction of the picture's width, ±.01. */
  sway: number;
  /** Strength of the wind in hair and cloth, 0 … 1. */
  wind: number;
  /** Direction of the wind, −1 to the left … 1 to the right. */
  windDirection: number;
  /** Time in seconds that drives the hair's travelling waves. */
  windPhaseS: number;
  /** Raise of the visible hand, 0 rest … 1. */
  handRaise: number;
  /** Rotation of the visible hand about its wrist, degrees. */
  handAngle: number;
  /** Camera: magnification of the person, 1 is none (background moves by a third of it). */
  zoom: number;
  /** Camera: shift of the view, fractions of the picture's width and height; positive shows more of the right/bottom. */
  panX: number;
  panY: number;
  /** Camera orbit in degrees: parallax between person and background. */
  orbit: number;
}

/** A fresh neutral pose, owned by the caller. */
export function neutralPose(): Pose {
  return {
    yaw: 0,
    pitch: 0,
    roll: 0,
    gazeX: 0,
    gazeY: 0,
    lidLeft: 0,
    lidRight: 0,
    browLeft: 0,
    browRight: 0,
    smile: 0,
    jaw: 0,
    mouthWidth: 0,
    breath: 0,
    sway: 0,
    wind: 0,
    windDirection: 1,
    windPhaseS: 0,
    handRaise: 0,
    handAngle: 0,
    zoom: 1,
    panX: 0,
    panY: 0,
    orbit: 0,
  };
}

/** What the motion needs to know of the picture to choose sizes and to say what is impossible. Plain data. */
export interface RigTraits {
  /** False: no face points; only camera, breathing and ambient motion. */
  readonly hasFace: boolean;
  /** The source head's own turn in degrees, same signs as {@link Pose.yaw}. */
  readonly sourceYaw: number;
  readonly sourcePitch: number;
  /** Where the eyes look in the source relative to the eye's middle, −1…1. */
  readonly sourceGazeX: number;
  /** 0 closed … 1 wide, of the source's eyes. */
  readonly eyesOpen: number;
  /** Opening of the source's mouth in IOD. */
  readonly mouthOpen: number;
  readonly hasHair: boolean;
  readonly hasShoulders: boolean;
  readonly hasHand: boolean;
  readonly hasPerson: boolean;
}

/** A clip's motion: a pure function of time. The same score, length, seed and traits give the same poses. */
export interface MotionPlan {
  readonly durationS: number;
  /** Writes the pose at `timeS` (0 … durationS) into `out` and returns it. */
  poseAt(timeS: number, out: Pose): Pose;
}
