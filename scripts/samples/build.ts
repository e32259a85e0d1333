import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SampleInfo } from '../../src/contracts/app.api.ts';
import { projectPath } from '../lib/paths.ts';
import { CATALOGUE, type Sample } from './catalogue.ts';
import { openFilesystemImage } from './filesystem-image.ts';
import { illustrationSvg } from './illustration.ts';
import { fetchFromNpm, type PinnedPackage } from './npm-archive.ts';
import { cropPixels, decodeWebpPixels, encodeJpeg, pictureSize, svgToPng } from './picture-codec.ts';

const SAMPLES = projectPath('public/samples');
const CACHE = projectPath('.cache/samples');
const JPEG_QUALITY = 90;

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  return readFile(path).catch(() => null);
}

/** Writes only what differs, so that nothing is rebuilt for nothing. */
async function writeIfChanged(path: string, bytes: Uint8Array): Promise<void> {
  const present = await readIfThere(path);
  if (present === null || sha256(present) !== sha256(bytes)) await writeFile(path, bytes);
}

/** The files of a package that a sample is made of. */
function partsOf(sample: Sample): readonly string[] {
  switch (sample.origin.kind) {
    case 'image-file':
      return [`${sample.origin.image}.js`, `${sample.origin.image}.data`];
    case 'webp':
      return [sample.origin.path];
    case 'drawn':
      return [];
  }
}

async function make(sample: Sample, files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const { origin } = sample;
  const part = (path: string): Uint8Array => {
    const bytes = files.get(path);
    if (bytes === undefined) throw new Error(`${path} was not fetched`);
    return bytes;
  };
  switch (origin.kind) {
    case 'image-file': {
      const loader = new TextDecoder().decode(part(`${origin.image}.js`));
      return openFilesystemImage(loader, part(`${origin.image}.data`)).read(origin.path);
    }
    case 'webp':
      return encodeJpeg(cropPixels(await decodeWebpPixels(part(origin.path)), origin.crop), JPEG_QUALITY);
    case 'drawn':
      return svgToPng(illustrationSvg());
  }
}

/** Gives each sample's bytes, from the cache where it holds what the catalogue says. */
async function collect(log: (line: string) => void): Promise<Map<Sample, Uint8Array>> {
  const done = new Map<Sample, Uint8Array>();
  const wanting = new Map<PinnedPackage | null, Sample[]>();
  for (const sample of CATALOGUE) {
    const cached = await readIfThere(join(CACHE, sample.file));
    if (cached !== null && sha256(cached) === sample.sha256) {
      done.set(sample, cached);
    } else {
      const from = sample.origin.kind === 'drawn' ? null : sample.origin.from;
      wanting.set(from, [...(wanting.get(from) ?? []), sample]);
    }
  }
  await mkdir(CACHE, { recursive: true });
  for (const [from, samples] of wanting) {
    if (from !== null)
      log(`fetching the samples in ${from.name} ${from.version} (${from.megabytes} MB, once)`);
    const paths = [...new Set(samples.flatMap(partsOf))];
    const files = from === null ? new Map<string, Uint8Array>() : await fetchFromNpm(from, paths, CACHE);
    for (const sample of samples) {
      const bytes = await make(sample, files);
      const sum = sha256(bytes);
      if (sum !== sample.sha256) {
        throw new Error(`the sample ${sample.file} came out differently: its sha256 is ${sum}`);
      }
      await writeFile(join(CACHE, sample.file), bytes);
      done.set(sample, bytes);
    }
  }
  return done;
}

function infoOf(sample: Sample, bytes: Uint8Array): SampleInfo {
  const { id, file, title, kind, alt, source, licence } = sample;
  const { width, height } = pictureSize(bytes);
  return { id, file, title, kind, alt, width, height, source, licence };
}

function packageOf(sample: Sample): string {
  if (sample.origin.kind === 'drawn') return 'this project';
  return `npm package \`${sample.origin.from.name}\` ${sample.origin.from.version}`;
}

/**
 * What people read about the samples' rights.
 *
 * @returns Markdown
 */
export function licencesText(): string {
  const entries = CATALOGUE.map(
    (sample) =>
      `## ${sample.title} (\`${sample.file}\`)\n\n${sample.source}.\n\n**${sample.licence}.** ${sample.rights}\n\n` +
      `Obtained from ${packageOf(sample)}.\n`,
  );
  return (
    '# Licences of the sample pictures\n\n' +
    'Every sample is in the public domain or under CC0 1.0. The pictures are not part of the source: the build takes them ' +
    'from pinned npm packages or draws them. A person who can be recognised in a sample does not endorse Stillwake.\n\n' +
    `${entries.join('\n')}`
  );
}

/**
 * Puts the sample pictures, `samples.json` and `LICENCES.md` into `public/samples`.
 * What was made before is kept in `.cache/samples`; a picture that does not come out as pinned is never used.
 *
 * @param log told what is fetched
 * @throws Error when a package can't be fetched or a picture comes out differently
 */
export async function buildSamples(log: (line: string) => void = () => undefined): Promise<void> {
  await mkdir(SAMPLES, { recursive: true });
  const made = await collect(log);
  const infos: SampleInfo[] = [];
  for (const sample of CATALOGUE) {
    const bytes = made.get(sample);
    if (bytes === undefined) throw new Error(`the sample ${sample.file} was not made`);
    await writeIfChanged(join(SAMPLES, sample.file), bytes);
    infos.push(infoOf(sample, bytes));
  }
  const encoder = new TextEncoder();
  const json = encoder.encode(`${JSON.stringify(infos, null, 2)}\n`);
  await writeIfChanged(join(SAMPLES, 'samples.json'), json);
  await writeIfChanged(join(SAMPLES, 'LICENCES.md'), encoder.encode(licencesText()));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildSamples((line) => console.log(line)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
}
