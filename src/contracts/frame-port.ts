import type { ErrorRecord } from './errors.ts';

/** Most frames between the render worker and the encode worker at any moment (X4). */
export const FRAMES_IN_FLIGHT = 4;

/** Render worker → encode worker, over a MessagePort of the job's own. */
export type FrameMessage =
  /** `frame` changes owner: the receiver closes it. `index` counts from 0. */
  | { readonly type: 'frame'; readonly index: number; readonly frame: VideoFrame }
  | { readonly type: 'end'; readonly frames: number }
  | { readonly type: 'abort'; readonly error: ErrorRecord };

/** Encode worker → render worker. The renderer may have {@link FRAMES_IN_FLIGHT} frames without a credit. */
export type CreditMessage =
  { readonly type: 'credit' } | { readonly type: 'stop'; readonly error?: ErrorRecord };
