import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { avcCodecString, readAvcConfig, readAvcSps, writeAvcConfigColour, writeSampleColour } from './avc.ts';
import { BitReader, BitWriter } from './bits.ts';
import { avcLevel, clipBitrate, ladder } from './ladder.ts';
import { BT709_LIMITED, escapeNal, readSps, unescapeNal, writeSpsColour } from './sps.ts';
import type { StreamColour } from './sps.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Records of a software encoder, 640×480: High and Baseline, both with colour. */
const HIGH = bytes('01640c1effe1001367640c1eac191a80a03da6a0202020f08846a001000468ce3c80fdf8f800');
const BASELINE = bytes('0142c01effe100126742c01e8c8d40501ed3501010107844235001000468ce3c80');

/** A baseline set of `width` × `height` without VUI, written by hand. */
function plainSps(widthMbs: number, heightMbs: number, vui?: (out: BitWriter) => void): Uint8Array {
  const out = new BitWriter().u(0x67, 8).u(66, 8).u(0xc0, 8).u(30, 8);
  out.ue(0).ue(0).ue(2).ue(1).u(0, 1); // id, frame number bits, order type 2, one reference, no gaps
  out
    .ue(widthMbs - 1)
    .ue(heightMbs - 1)
    .u(1, 1)
    .u(1, 1)
    .u(0, 1); // size, frames only, direct 8×8, no crop
  out.u(vui === undefined ? 0 : 1, 1);
  vui?.(out);
  return escapeNal(out.stop().bytes());
}

describe('bits', () => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(70_000), { maxLength: 20 }), (values) => {
        const out = new BitWriter();
        for (const value of values) out.ue(value).u(value, 17);
        const reader = new BitReader(out.stop().bytes());
        for (const value of values) expect([reader.ue(), reader.u(17)]).toEqual([value, value]);
      }),
    );
  });

  test('signed codes alternate', () => {
    const out = new BitWriter().ue(0).ue(1).ue(2).ue(3).ue(4).stop();
    const reader = new BitReader(out.bytes());
    expect([0, 1, 2, 3, 4].map(() => reader.se() + 0)).toEqual([0, 1, -1, 2, -2]);
  });

  test('reading past the end is a RangeError', () => {
    expect(() => new BitReader(new Uint8Array(1)).u(9)).toThrow(RangeError);
  });

  test('emulation prevention goes in and out again', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1, 2, 3, 4, 255), { maxLength: 40 }), (values) => {
        const payload = Uint8Array.from([...values, 0x80]);
        const escaped = escapeNal(payload);
        expect([...unescapeNal(escaped)]).toEqual([...payload]);
        for (let i = 2; i < escaped.length; i += 1) {
          const start = escaped[i - 2] === 0 && escaped[i - 1] === 0;
          expect(start && (escaped[i] ?? 9) < 3).toBe(false);
        }
      }),
    );
  });
});

describe('parameter sets', () => {
  test('of a real encoder are read', () => {
    expect(readAvcSps(HIGH)).toEqual({
      profileIdc: 100,
      constraintFlags: 0x0c,
      levelIdc: 30,
      chromaFormatIdc: 1,
      bitDepth: 8,
      width: 640,
      height: 480,
      progressive: true,
      pixelAspect: [1, 1],
      colour: BT709_LIMITED,
    });
    expect(readAvcSps(BASELINE)).toMatchObject({
      profileIdc: 66,
      width: 640,
      height: 480,
      colour: BT709_LIMITED,
    });
    expect(avcCodecString(HIGH)).toBe('avc1.640c1e');
  });

  test('that are right stay as they are', () => {
    const [sps = new Uint8Array(0)] = readAvcConfig(HIGH).sps;
    expect(writeSpsColour(sps, BT709_LIMITED)).toBe(sps);
    expect([...writeAvcConfigColour(HIGH, BT709_LIMITED)]).toEqual([...HIGH]);
  });

  test('without VUI get the colour, and nothing else changes', () => {
    const sps = plainSps(40, 30);
    expect(readSps(sps).colour).toBeNull();
    const written = writeSpsColour(sps, BT709_LIMITED);
    expect(readSps(written)).toEqual({ ...readSps(sps), colour: BT709_LIMITED });
    expect(writeSpsColour(written, BT709_LIMITED)).toBe(written);
  });

  test('with VUI keep all the rest of it', () => {
    const sps = plainSps(20, 15, (out) => {
      out.u(1, 1).u(255, 8).u(4, 16).u(3, 16).u(1, 1).u(0, 1); // aspect 4:3, overscan
      out.u(1, 1).u(5, 3).u(1, 1).u(0, 1); // full range, not described
      out.u(0, 1).u(1, 1).u(1, 32).u(60, 32).u(1, 1); // no chroma location, timing
      out.u(0, 4);
    });
    expect(readSps(sps)).toMatchObject({
      pixelAspect: [4, 3],
      colour: { primaries: 2, transfer: 2, matrix: 2, fullRange: true },
    });
    const written = writeSpsColour(sps, BT709_LIMITED);
    expect(readSps(written)).toEqual({ ...readSps(sps), colour: BT709_LIMITED });
    // The timing, 32 + 32 bits of it, stands behind the colour as before.
    const tail = (nal: Uint8Array): string =>
      [...unescapeNal(nal)].map((b) => b.toString(2).padStart(8, '0')).join('');
    const timing = `01${(1).toString(2).padStart(32, '0')}${(60).toString(2).padStart(32, '0')}1`;
    expect(tail(written)).toContain(timing);
  });

  test('take any colour', () => {
    const code = fc.integer({ min: 1, max: 22 });
    fc.assert(
      fc.property(
        fc.record({ primaries: code, transfer: code, matrix: code, fullRange: fc.boolean() }),
        (colour) => {
          for (const sps of [plainSps(8, 8), ...readAvcConfig(HIGH).sps, ...readAvcConfig(BASELINE).sps]) {
            expect(readSps(writeSpsColour(sps, colour))).toEqual({ ...readSps(sps), colour });
          }
        },
      ),
    );
  });

  test('in the stream are written too, other units stay', () => {
    const other: StreamColour = { primaries: 9, transfer: 16, matrix: 9, fullRange: true };
    const sps = plainSps(8, 8);
    const slice = Uint8Array.from([0x65, 1, 2, 3]);
    const sample = Uint8Array.from([0, 0, 0, sps.length, ...sps, 0, 0, 0, 4, ...slice]);
    const written = writeSampleColour(sample, 4, other);
    const length = written[3] ?? 0;
    expect(readSps(written.subarray(4, 4 + length)).colour).toEqual(other);
    expect([...written.subarray(4 + length)]).toEqual([0, 0, 0, 4, ...slice]);
    const bare = Uint8Array.from([0, 4, ...slice]);
    expect(writeSampleColour(bare, 2, other)).toBe(bare);
    expect(() => writeSampleColour(Uint8Array.from([0, 0, 0, 9, 1]), 4, other)).toThrow(RangeError);
  });

  test('that are cut short are RangeErrors', () => {
    for (let length = 0; length < 27; length += 1) {
      expect(() => readAvcSps(HIGH.subarray(0, length))).toThrow(RangeError);
    }
  });
});

describe('the ladder', () => {
  test('levels hold the sizes of V2', () => {
    expect(avcLevel(640, 480, 30, 2e6)).toBe(30);
    expect(avcLevel(1280, 720, 30, 4e6)).toBe(31);
    expect(avcLevel(1920, 1080, 30, 8e6)).toBe(40);
    expect(avcLevel(1080, 1920, 24, 8e6)).toBe(40);
    expect(avcLevel(4096, 1080, 30, 2e7)).toBe(50);
    expect(avcLevel(16_384, 16_384, 30, 2e7)).toBeNull();
  });

  test('High comes before Main before Baseline', () => {
    const rungs = ladder(31);
    expect(rungs).toHaveLength(12);
    expect(rungs[0]).toMatchObject({ codec: 'avc1.64001f', bitrateMode: 'variable' });
    expect([...new Set(rungs.map(({ profile }) => profile))]).toEqual(['High', 'Main', 'Baseline']);
    expect(rungs.at(-1)?.codec).toBe('avc1.42e01f');
  });

  test('a clip of any length and size of V2 stays under 10 MB (V6)', () => {
    for (const [width, height] of [
      [854, 480],
      [1280, 720],
      [1920, 1080],
    ] as const) {
      for (const seconds of [3, 8, 15]) {
        for (const fps of [24, 30]) {
          const bitrate = clipBitrate(width, height, fps, seconds * fps);
          expect((bitrate * seconds) / 8).toBeLessThan(10_000_000);
          expect(bitrate).toBeGreaterThanOrEqual(1_000_000);
        }
      }
    }
  });
});
