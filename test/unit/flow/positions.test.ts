import { describe, expect, test } from 'vitest';
import { flowShape } from '../../../src/core/flow/layout.ts';
import type { PositionTables } from '../../../src/core/flow/positions.ts';
import { positionTables } from '../../../src/core/flow/positions.ts';
import { LTX, WAN } from './constants.ts';

/** Token, number in it, cos, sin. */
type Row = readonly [number, number, number, number];

function worst(tables: PositionTables, width: number, rows: readonly Row[]): number {
  const off = rows.map(([token, k, cos, sin]) =>
    Math.max(
      Math.abs((tables.cos[token * width + k] ?? NaN) - cos),
      Math.abs((tables.sin[token * width + k] ?? NaN) - sin),
    ),
  );
  return Math.max(...off);
}

// Numbers: diffusers 0.42.1 on PyTorch 2.13, 4 latent frames of 3 rows and 5 columns of tokens.
describe('LTX', () => {
  const shape = flowShape(LTX, { width: 160, height: 96, frames: 25 });
  const ltx = { kind: 'ltx', width: 2048, theta: 10000, maximum: [20, 2048, 2048], causal: true } as const;

  // LTXVideoRotaryPosEmbed(2048) with the coordinates of LTXConditionPipeline at 25 frames a second.
  test('positions are those of diffusers', () => {
    const tables = positionTables({ ...ltx, maximum: [...ltx.maximum] }, shape, 25);
    expect(tables.cos).toHaveLength(60 * 2048);
    const rows: Row[] = [
      [0, 1, 1, 0],
      [0, 2, -4.37113883e-8, -1],
      [17, 2, 0.00628307881, -0.999980271],
      [17, 4, -4.37113883e-8, -1],
      [17, 1000, -0.911874115, -0.410470039],
      [37, 1500, 0.215569496, -0.976488531],
      [59, 7, 0.195090234, -0.98078531],
      [59, 2047, -0.999999583, 0.000890544557],
    ];
    expect(worst(tables, 2048, rows)).toBeLessThan(2e-7);
  });

  test('the small model’s, too', () => {
    const tables = positionTables({ ...ltx, maximum: [...ltx.maximum], width: 64 }, shape, 25);
    const rows: Row[] = [
      [0, 4, -4.37113883e-8, -1],
      [17, 5, 0.00628307881, -0.999980271],
      [37, 30, -0.993061006, 0.117600337],
      [59, 63, -0.999999583, 0.000890544557],
      [59, 40, 0.592615187, -0.805485725],
    ];
    expect(worst(tables, 64, rows)).toBeLessThan(1e-7);
  });

  // The same with rope_interpolation_scale (8/25, 32, 32), as LTXImageToVideoPipeline has it.
  test('positions without the causal shift are those of the older pipeline', () => {
    const tables = positionTables({ ...ltx, maximum: [...ltx.maximum], causal: false }, shape, 25);
    const rows: Row[] = [
      [17, 2, 0.0502443425, -0.998736978],
      [37, 1500, 0.215569496, -0.976488531],
      [59, 2, 0.150225624, -0.988651752],
    ];
    expect(worst(tables, 2048, rows)).toBeLessThan(1e-7);
  });
});

describe('Wan', () => {
  // WanRotaryPosEmbed(128, (1, 2, 2), 1024).
  test('positions are those of diffusers, to the bit', () => {
    const shape = flowShape(WAN, { width: 160, height: 96, frames: 13 });
    const tables = positionTables(WAN.positions, shape, 24);
    expect(tables.sin).toHaveLength(60 * 128);
    const rows: Row[] = [
      [0, 0, 1, 0],
      [17, 0, 0.540302277, 0.841470957],
      [17, 45, 1, 0],
      [37, 2, 0.252177566, 0.967680991],
      [37, 43, 0.99999994, 0.000303982204],
      [59, 50, 0.859482884, 0.511164546],
      [59, 88, -0.846294463, 0.53271544],
      [59, 127, 0.999999821, 0.000620206294],
    ];
    expect(worst(tables, 128, rows)).toBeLessThan(1e-9);
  });
});
