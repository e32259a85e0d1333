/**
 * What kind of picture a face comes from. Lids of paintings and drawings never look quite shut to the oracle, and it
 * hardly sees lids behind glasses: those are judged by the iris that is left.
 */
export type Medium = 'photograph' | 'glasses' | 'painting';

/** Every limit of the effect tests, in one place. */
export const THRESHOLDS = {
  /** Both eyes at their most closed, over their own opening at rest: at most. */
  blinkClosed: { photograph: 0.3, glasses: 0.8, painting: 0.6 } satisfies Record<Medium, number>,
  /** Both eyes once they are open again: at least. */
  blinkReopened: 0.9,
  /**
   * Iris-coloured pixels left while closed, share of those at rest: at most. What is left is the line of the lashes,
   * which takes a larger share of an iris that was half covered to begin with.
   */
  irisLeft: { photograph: 0.15, glasses: 0.25, painting: 0.15 } satisfies Record<Medium, number>,
  /** Mouth's width over its width at rest, minus one: at least. */
  smileWider: 0.06,
  /** Degrees by which the face comes nearer to looking straight into the camera: at least. */
  turnTowards: 8,
  /** Degrees that a look around reaches to each side: at least. */
  lookEachSide: 3,
  /** Band of the shoulders' breathing, in Hz. */
  breathHz: [0.2, 0.35] as const,
  /** Height of the shoulders' movement, share of the picture's height: at least. */
  breathAmplitude: 0.0012,
  /** Share of the shoulders' movement that one rhythm explains: at least. */
  breathShare: 0.6,
  /** Movement of the liveliest hair, share of the face's width: at least. */
  hairMoves: 0.005,
  /** The same over the movement of the face: at least. */
  hairOverFace: 2,
  /** Degrees of lean, end to end, where there is no hand to wave: at least. */
  waveLean: 2,
  /** Movement of a waving hand, share of the face's width: at least. */
  waveHand: 0.05,
  /** Farthest that the face gets from rest in a gentle movement, in eye distances: at least. */
  gentleMoves: 0.015,
  /** A background corner against its first frame, in dB: at least. */
  stillDb: 36,
  /** The same corner's movement, share of the picture's short side: at most (a fifth of a pixel at 480p). */
  stillShare: 0.0004,
  /** Last frame against the first, in dB: at least. */
  loopDb: 30,
  /** The face in the last frame against the first, in eye distances: at most. */
  loopApart: 0.02,
  /**
   * Longest time without change in the face, seconds: at most. A breath rests at its turns, and a software encoder skips
   * what moves less than its own step there.
   */
  frozenS: 0.5,
  /** Share of the frames in which the oracle sees the face: at least. */
  faceSeen: 0.97,
} as const;
