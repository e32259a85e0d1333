import type { AnchorConstants, PortraitConstants } from '../../src/contracts/pack.ts';

const detector = {
  offset: 0.5,
  scoreClip: 100,
  minScore: 0.5,
  suppressAbove: 0.3,
  perCell: 2,
} as const;

const anchors: Record<string, AnchorConstants> = {
  'face-detection': { ...detector, inputPx: 128, scale: 128, strides: [8, 16, 16, 16], keypoints: 6 },
  'hand-detection': { ...detector, inputPx: 192, scale: 192, strides: [8, 16, 16, 16], keypoints: 7 },
  'pose-detection': { ...detector, inputPx: 224, scale: 224, strides: [8, 16, 32, 32, 32], keypoints: 4 },
};

/**
 * What the networks expect around them.
 * @source https://github.com/google-ai-edge/mediapipe/tree/master/mediapipe/modules (the `.pbtxt` graphs of
 * face_detection, face_landmark, iris_landmark, pose_detection, pose_landmark, palm_detection, hand_landmark)
 */
export const CONSTANTS: PortraitConstants = {
  anchors,
  crops: {
    'face-mesh': { scale: 1.5, shiftX: 0, shiftY: 0, from: 0, to: 1, uprightDegrees: 0 },
    iris: { scale: 2.3, shiftX: 0, shiftY: 0, from: 0, to: 1, uprightDegrees: 0 },
    pose: { scale: 1.25, shiftX: 0, shiftY: 0, from: 0, to: 1, uprightDegrees: 90 },
    hand: { scale: 2.6, shiftX: 0, shiftY: -0.5, from: 0, to: 2, uprightDegrees: 90 },
  },
};
