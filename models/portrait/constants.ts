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
 * What reading the detectors' outputs takes.
 * @source https://github.com/google-ai-edge/mediapipe/tree/master/mediapipe/modules (the `.pbtxt` graphs of
 * face_detection, pose_detection, palm_detection)
 */
export const CONSTANTS: PortraitConstants = { anchors };
