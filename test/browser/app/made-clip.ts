import type { MadeClip } from '../../../src/app/pipeline.ts';

/** What a pipeline hands over for a clip of so many seconds, without a picture having been drawn. */
export function madeClip(seconds: number): MadeClip {
  const size = { width: 640, height: 480, frames: Math.round(seconds * 30), durationS: seconds };
  return {
    ...size,
    pack: 'portrait',
    file: new Blob(['clip'], { type: 'video/mp4' }),
    poster: new Blob(['poster'], { type: 'image/jpeg' }),
    codec: 'avc1.42001f',
    notices: [],
    report: {
      pictureId: 'picture',
      width: 640,
      height: 480,
      traits: {
        hasFace: false,
        sourceYaw: 0,
        sourcePitch: 0,
        sourceGazeX: 0,
        eyesOpen: 1,
        mouthOpen: 0,
        hasHair: false,
        hasShoulders: false,
        hasHand: false,
        hasPerson: false,
      },
      faceBox: null,
      subjectBox: [0, 0, 1, 1],
      notices: [],
      decodeMs: 1,
      perceiveMs: 1,
    },
    verify: { ...size, codec: 'avc1.42001f', firstFrameDb: null, frozenRun: 0, blackRun: 0 },
    capabilities: { provider: 'wasm', renderer: 'processor', adapter: 'none', threads: 1 },
    stagesMs: { decode: 1, perceive: 1, firstFrame: 1, render: 1, encode: 1, verify: 1, total: 6 },
  };
}
