import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findBoxes, insertBeforeMedia, readBoxes, readXmp, xmpBox } from './mp4.ts';
import { clipXmp } from './xmp.ts';

const u32 = (value: number): number[] => [
  value >>> 24,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
];
const text = (value: string): number[] => [...value].map((c) => c.charCodeAt(0));
const box = (type: string, ...body: number[]): number[] => [...u32(8 + body.length), ...text(type), ...body];

/** A file of one track whose chunks are at the given places of `mdat`'s body, and that body. */
function movie(table: 'stco' | 'co64', offsets: readonly number[], media: readonly number[]): Uint8Array {
  const withOffsets = (values: readonly number[]): number[] => [
    ...box('ftyp', ...text('isom'), ...u32(0)),
    ...box(
      'moov',
      ...box('mvhd', 0, 0, 0, 0, ...u32(7), ...u32(8), ...u32(30)),
      ...box(
        'trak',
        ...box('tkhd', 0, 0, 0, 3, ...u32(7), ...u32(8), ...u32(1)),
        ...box(
          'mdia',
          ...box('mdhd', 1, 0, 0, 0, ...u32(0), ...u32(7), ...u32(0), ...u32(8), ...u32(30)),
          ...box(
            'minf',
            ...box(
              'stbl',
              ...box(
                table,
                ...[...u32(0), ...u32(values.length)],
                ...values.flatMap((value) => (table === 'stco' ? u32(value) : [...u32(0), ...u32(value)])),
              ),
            ),
          ),
        ),
      ),
    ),
  ];
  const start = withOffsets(offsets).length + 8;
  return Uint8Array.from([...withOffsets(offsets.map((offset) => offset + start)), ...box('mdat', ...media)]);
}

const offsetsOf = (file: Uint8Array, table: 'stco' | 'co64'): number[] => {
  const [{ body } = { body: 0 }] = findBoxes(file, ['moov', 'trak', 'mdia', 'minf', 'stbl', table]);
  const view = new DataView(file.buffer, file.byteOffset);
  return Array.from({ length: view.getUint32(body + 4) }, (_, i) =>
    table === 'stco' ? view.getUint32(body + 8 + i * 4) : Number(view.getBigUint64(body + 8 + i * 8)),
  );
};

describe('a box before the media', () => {
  test.each(['stco', 'co64'] as const)('moves every offset of %s along with its data', (table) => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.array(fc.nat(59), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 300 }),
        (media, places, packet) => {
          const offsets = places.map((place) => place % media.length);
          const before = movie(table, offsets, [...media]);
          const copy = before.slice();
          const after = insertBeforeMedia(before, xmpBox(packet));
          expect([...before]).toEqual([...copy]);
          expect(readBoxes(after).map(({ type }) => type)).toEqual(['ftyp', 'moov', 'uuid', 'mdat']);
          expect(offsetsOf(after, table).map((at) => after[at])).toEqual(offsets.map((at) => media[at]));
          expect([...(readXmp(after) ?? [])]).toEqual([...packet]);
        },
      ),
    );
  });

  test('clears the times of both versions', () => {
    const after = insertBeforeMedia(movie('stco', [0], [1]), xmpBox(new Uint8Array(3)));
    for (const [path, length] of [
      [['moov', 'mvhd'], 8],
      [['moov', 'trak', 'tkhd'], 8],
      [['moov', 'trak', 'mdia', 'mdhd'], 16],
    ] as const) {
      const [{ body } = { body: 0 }] = findBoxes(after, path);
      expect([...after.subarray(body + 4, body + 4 + length)].every((byte) => byte === 0)).toBe(true);
      // What stands behind the times is still there: a timescale or a track id.
      expect(after[body + 4 + length + 3]).toBeGreaterThan(0);
    }
  });

  test('needs moov before mdat', () => {
    const file = Uint8Array.from([...box('mdat', 1), ...box('moov')]);
    expect(() => insertBeforeMedia(file, xmpBox(new Uint8Array(0)))).toThrow(RangeError);
  });
});

describe('boxes', () => {
  test('of 64-bit and open size', () => {
    const long = [...u32(1), ...text('wide'), ...u32(0), ...u32(18), 9, 9];
    const file = Uint8Array.from([...long, ...u32(0), ...text('mdat'), 1, 2, 3]);
    expect(readBoxes(file)).toEqual([
      { type: 'wide', start: 0, body: 16, end: 18 },
      { type: 'mdat', start: 18, body: 26, end: 29 },
    ]);
  });

  test('that reach past the end are refused, or reported', () => {
    const file = Uint8Array.from([...u32(99), ...text('mdat'), 1]);
    expect(() => readBoxes(file)).toThrow(RangeError);
    expect(readBoxes(file, 0, file.length, 'report')[0]?.end).toBe(99);
  });

  test('a file without a packet has none', () => {
    expect(readXmp(Uint8Array.from(box('uuid', ...new Array<number>(20).fill(1))))).toBeNull();
  });
});

describe('the mark', () => {
  const mark = { sourceType: 'trainedAlgorithmicMedia', creatorTool: 'Stillwake 1', title: 'T' } as const;

  test('carries settings and title only when asked to', () => {
    const own = clipXmp({ ...mark, settings: '{"seed":1}' });
    expect(own).toContain('{&quot;seed&quot;:1}');
    expect(own).toContain('digitalsourcetype/trainedAlgorithmicMedia<');
    const bare = clipXmp({ ...mark, settings: null });
    expect(bare).not.toContain('stillwake:settings');
    expect(bare).not.toContain('dc:title');
  });

  test('no text breaks out of it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (title) => {
        const packet = clipXmp({ ...mark, title, settings: '{}' });
        const inner = packet.slice(packet.indexOf('x-default">') + 11, packet.indexOf('</rdf:li>'));
        expect(inner).not.toMatch(/[<>"]/);
        expect(inner.replace(/&(amp|lt|gt|quot|#\d+);/g, '')).not.toContain('&');
      }),
    );
    expect(clipXmp({ ...mark, title: 'a\u0000b\ud800', settings: '{}' })).toContain('a\ufffdb\ufffd');
  });
});
