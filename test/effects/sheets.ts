import { mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import jpeg from 'jpeg-js';
import { launchBrowser } from '../../scripts/lib/browser.ts';
import { buildApp } from '../../scripts/lib/build-app.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { PRESETS } from '../../src/contracts/settings.ts';
import { faceBox, type Box } from './face-measures.ts';
import { openStudio, samplePictures, type Picture } from './make-clip.ts';
import { openOracle, type Landmarks, type Oracle } from './oracle.ts';
import { decode, probe, type Raster } from './raster.ts';
import { cropTo, tellingFrames } from './telling-frames.ts';

const USAGE = `npm run sheets -- [PICTURE...] [--presets A,B] [--resolution 480p] [--no-samples] [--out FOLDER]

Makes each preset's clip of every sample and of the pictures named, and one contact sheet a picture, a row a preset:
the whole first frame, then the head at the moments that differ most. Sheets go to out/sheets/NAME.jpg.`;

const CELLS = 7;
const CELL_PX = 232;

interface Cell {
  readonly url: string;
  readonly label: string;
}

interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
}

function dataUrl(raster: Raster): string {
  const { data } = jpeg.encode({ width: raster.width, height: raster.height, data: raster.data }, 88);
  return `data:image/jpeg;base64,${Buffer.from(data).toString('base64')}`;
}

/** Head and shoulders about a face, or the whole frame. */
function viewOf(face: Landmarks | null, frame: Raster): Box {
  if (face === null) return { x0: 0, y0: 0, x1: frame.width, y1: frame.height };
  const { x0, y0, x1, y1 } = faceBox(face);
  const side = Math.min(0.95 * Math.max(x1 - x0, y1 - y0), Math.min(frame.width, frame.height) / 2);
  const cx = Math.min(frame.width - side, Math.max(side, (x0 + x1) / 2));
  const cy = Math.min(frame.height - side, Math.max(side, (y0 + y1) / 2));
  return { x0: cx - side, y0: cy - side, x1: cx + side, y1: cy + side };
}

async function rowOf(oracle: Oracle, clip: string, name: string): Promise<Row> {
  const { fps } = await probe(clip);
  const frames: Raster[] = [];
  for await (const frame of decode(clip)) frames.push(frame);
  const first = frames[0];
  if (first === undefined) throw new Error(`${clip} has no frames`);
  const face = await oracle.still(first);
  const view = viewOf(face, first);
  const heads = tellingFrames(frames, view, face, CELLS).map((index): Cell => {
    const frame = frames[index] ?? first;
    return { url: dataUrl(cropTo(frame, view, CELL_PX)), label: `${(index / fps).toFixed(2)} s` };
  });
  const whole = { x0: 0, y0: 0, x1: first.width, y1: first.height };
  return { name, cells: [{ url: dataUrl(cropTo(first, whole, CELL_PX)), label: 'whole' }, ...heads] };
}

function sheetHtml(title: string, rows: readonly Row[]): string {
  const lines = rows.map(
    ({ name, cells }) =>
      `<tr><th>${name}</th>${cells.map(({ url, label }) => `<td><img src="${url}"><br>${label}</td>`).join('')}</tr>`,
  );
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 12px; background: #16181c; color: #e8e6e1; font: 13px sans-serif; width: max-content }
    h1 { font-size: 18px; margin: 0 0 8px } th { text-align: left; padding-right: 10px; max-width: 90px }
    td { text-align: center; padding: 2px } img { max-width: ${CELL_PX}px; max-height: ${CELL_PX}px; display: block; margin: auto }
  </style><h1>${title}</h1><table>${lines.join('')}</table>`;
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ presets: text, resolution: text, out: text },
      'no-samples': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const named = positionals.map((path): Picture => ({
    path: resolve(path),
    name: basename(path),
    medium: null,
  }));
  const presets = PRESETS.filter((preset) => values.presets?.split(',').includes(preset) ?? true);
  const pictures = [...(values['no-samples'] === true ? [] : await samplePictures()), ...named];
  const folder = values.out === undefined ? projectPath('out/sheets') : resolve(values.out);
  await mkdir(folder, { recursive: true });
  await buildApp();
  const oracle = await openOracle();
  const studio = await openStudio(join(folder, 'clips'));
  const browser = await launchBrowser();
  try {
    for (const picture of pictures) {
      const rows: Row[] = [];
      for (const preset of presets) {
        const options = values.resolution === undefined ? {} : { resolution: values.resolution };
        const clip = await studio.make(picture, preset, { seconds: '4', ...options });
        rows.push(await rowOf(oracle, clip, preset));
      }
      const page = await browser.newPage({ viewport: { width: 2080, height: 600 } });
      await page.setContent(sheetHtml(picture.name, rows), { waitUntil: 'load' });
      const path = join(folder, `${picture.name}.jpg`);
      await page.screenshot({ path, type: 'jpeg', quality: 90, fullPage: true });
      await page.close();
      console.log(path);
    }
  } finally {
    await browser.close();
    await studio.close();
    await oracle.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
