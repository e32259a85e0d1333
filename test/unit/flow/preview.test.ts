import { expect, test } from 'vitest';
import { flowShape, toTokens } from '../../../src/core/flow/layout.ts';
import { flowPreview } from '../../../src/core/flow/preview.ts';
import { WAN } from './constants.ts';

test('a preview is the linear map of the latents, a pixel a cell', () => {
  const shape = flowShape(WAN, { width: 64, height: 32, frames: 5 });
  const cells = 2 * 2 * 4;
  const latents = new Float32Array(4 * cells);
  // Frame 1, row 1, column 2: 5 + 2·4 + 1·… = cell 8 + 4 + 2.
  latents[14] = 2; // channel 0
  latents[cells + 14] = -1; // channel 1
  latents[2 * cells + 14] = 20; // channel 2
  latents[3 * cells + 14] = 2; // channel 3
  const { width, height, frames, pixels } = flowPreview(toTokens(latents, shape), shape, WAN.preview);
  expect([width, height, frames, pixels.length]).toEqual([4, 2, 2, 4 * cells]);
  // 0.5 + 0.1·2 + 0.05·2, 0.5 − 0.1 + 0.1, 0.5 + 2 + 0.1 clipped.
  expect([...pixels.subarray(56, 60)]).toEqual([204, 128, 255, 255]);
  expect([...pixels.subarray(0, 4)]).toEqual([128, 128, 128, 255]);
});
