import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { projectPath } from '../lib/paths.ts';
import { licencesText } from './build.ts';
import { CATALOGUE } from './catalogue.ts';
import { decodeLz4Block, openFilesystemImage } from './filesystem-image.ts';
import { pickFromTar } from './npm-archive.ts';
import { cropPixels, pictureSize, svgToPng } from './picture-codec.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function tarEntry(path: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(512 + Math.ceil(body.length / 512) * 512);
  out.set(text(path), 0);
  out.set(text(`${body.length.toString(8).padStart(11, '0')} `), 124);
  out.fill(32, 148, 156);
  out.set(text('ustar'), 257);
  const sum = out.subarray(0, 512).reduce((total, value) => total + value, 0);
  out.set(text(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  out.set(body, 512);
  return out;
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}

describe('samples', () => {
  it('are listed for the application and for people as the catalogue says', async () => {
    const listed: unknown = JSON.parse(await readFile(projectPath('public/samples/samples.json'), 'utf8'));
    expect(listed).toMatchObject(
      CATALOGUE.map(({ id, file, title, kind, alt, source, licence }) => ({
        ...{ id, file, title, kind, alt, source, licence },
        width: expect.any(Number) as number,
        height: expect.any(Number) as number,
      })),
    );
    expect(await readFile(projectPath('public/samples/LICENCES.md'), 'utf8')).toBe(licencesText());
  });

  it('cover a person, an illustration, a painting, an animal and a landscape, each free to use', () => {
    const kinds = new Set(CATALOGUE.map((sample) => sample.kind));
    expect([...kinds].sort()).toEqual(['animal', 'illustration', 'landscape', 'painting', 'portrait']);
    for (const sample of CATALOGUE) {
      expect(['Public domain', 'CC0 1.0']).toContain(sample.licence);
      expect(sample.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(sample.source.length).toBeGreaterThan(20);
    }
  });
});

describe('reading packages', () => {
  it('picks files out of a tar stream whatever its pieces', async () => {
    const big = new Uint8Array(1300).map((_, index) => index % 251);
    const tar = new Uint8Array([
      ...tarEntry('package/a.txt', text('hello')),
      ...tarEntry('package/deep/b.bin', big),
      ...tarEntry('package/c.txt', text('not wanted')),
      ...new Uint8Array(1024),
    ]);
    for (const size of [1, 7, 511, 512, 513, 10_000]) {
      const files = await pickFromTar(inPieces(tar, size), new Set(['a.txt', 'deep/b.bin']));
      expect([...files.keys()].sort()).toEqual(['a.txt', 'deep/b.bin']);
      expect(files.get('a.txt')).toEqual(text('hello'));
      expect(files.get('deep/b.bin')).toEqual(big);
    }
  });

  it('refuses a damaged tar stream', async () => {
    const tar = tarEntry('package/a.txt', text('hello'));
    tar[3] = 1;
    await expect(pickFromTar(inPieces(tar, 512), new Set(['a.txt']))).rejects.toThrow('damaged');
  });

  it('decodes LZ4 blocks, overlapping matches too, and refuses bad ones', () => {
    // Three literals, then a match of 7 bytes that starts 3 back and so repeats them.
    const block = new Uint8Array([0x33, 97, 98, 99, 3, 0, 0x10, 33]);
    expect(new TextDecoder().decode(decodeLz4Block(block, 11))).toBe('abcabcabca!');
    expect(() => decodeLz4Block(block, 12)).toThrow('11 of 12');
    expect(() => decodeLz4Block(block, 5)).toThrow('longer');
    expect(() => decodeLz4Block(new Uint8Array([0x13, 97, 9, 0]), 8)).toThrow('before its start');
  });

  it('reads files that span blocks of a filesystem image', () => {
    const body = new Uint8Array(5000).map((_, index) => (index * 7) % 253);
    const loader =
      'compressedData={offsets:[0,2048,4096],sizes:[2048,2048,904],successes:[0,0,0]};' +
      'files:[{filename:"/a",start:0,end:100,audio:0},{filename:"/b",start:100,end:5000,audio:0}]';
    const image = openFilesystemImage(loader, body);
    expect(image.paths).toEqual(['/a', '/b']);
    expect(image.read('/b')).toEqual(body.slice(100));
    expect(() => image.read('/c')).toThrow('/c');
    expect(() => openFilesystemImage('', body)).toThrow('no offsets');
  });
});

describe('pictures', () => {
  it('reads the size of what it draws, and crops inside the picture only', async () => {
    const png = await svgToPng('<svg xmlns="http://www.w3.org/2000/svg" width="31" height="17"/>');
    expect(pictureSize(png)).toEqual({ width: 31, height: 17 });
    expect(() => pictureSize(text('nothing of the kind'))).toThrow('neither');
    const source = { width: 4, height: 3, data: new Uint8Array(48).map((_, index) => index) };
    const part = cropPixels(source, { x: 1, y: 1, width: 2, height: 2 });
    expect([...part.data.subarray(0, 8)]).toEqual([20, 21, 22, 23, 24, 25, 26, 27]);
    expect([...part.data.subarray(8)]).toEqual([36, 37, 38, 39, 40, 41, 42, 43]);
    expect(() => cropPixels(source, { x: 3, y: 0, width: 2, height: 1 })).toThrow('does not lie');
  });
});
