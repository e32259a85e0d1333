import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { openOracle } from './oracle.ts';
import { decodeStill, probe } from './raster.ts';

const USAGE = `node --import tsx test/effects/landmarks.ts PICTURE... [--out FOLDER]

Finds each picture's face with MediaPipe's own runtime and writes one JSON a picture:
{ picture, width, height, points: [[x, y, z] × 478] | null }, in pixels of the whole picture.

  --out FOLDER   folder for NAME.json; without it the JSON goes to standard output, one line a picture`;

/** Larger pictures are looked at in this size; the points are scaled back. */
const LOOK_PX = 1280;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help === true || positionals.length === 0) {
    console.log(USAGE);
    process.exitCode = positionals.length === 0 && values.help !== true ? 2 : 0;
    return;
  }
  const oracle = await openOracle();
  try {
    for (const picture of positionals) {
      const { width, height } = await probe(picture);
      const raster = await decodeStill(picture, { maxSidePx: LOOK_PX });
      const scale = width / raster.width;
      const seen = await oracle.still(raster);
      const points = seen?.map((point) => point.map((value) => Number((value * scale).toFixed(3)))) ?? null;
      const json = JSON.stringify({ picture: basename(picture), width, height, points });
      if (values.out === undefined) {
        console.log(json);
      } else {
        await mkdir(values.out, { recursive: true });
        await writeFile(join(values.out, `${basename(picture)}.json`), json);
        console.log(`${basename(picture)}: ${points === null ? 'no face' : `${points.length} points`}`);
      }
    }
  } finally {
    await oracle.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
