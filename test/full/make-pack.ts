import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { projectPath } from '../../scripts/lib/paths.ts';
import { parsePack } from '../../src/contracts/pack.ts';

const USAGE = `npm run full:pack -- FOLDER [--python python3] [--keep-manifest]

Writes a checkpoint of random numbers in LTX-Video 2B's exact shapes to FOLDER/checkpoint (6 GB) unless it is there, and from
it a pack with int4 weights and an int8 autoencoder to FOLDER/pack (2 GB), which npm run full can open. Needs the Python
packages of models/export/requirements.txt, a quarter of an hour and 4 GB of memory. --keep-manifest also writes
test/fixtures/flow/ltx-2b.pack.json from the new pack: its pack.json without the hashes of chunks.`;

const EXPORTER = projectPath('models/export');
const MANIFEST = projectPath('test/fixtures/flow/ltx-2b.pack.json');
const SOURCE = 'models/export/stillwake_export/goldens/full_size.py';
/** How often a program's memory is looked at, milliseconds. */
const LOOK_MS = 1000;

/** Largest resident set so far and processor time of a process; zeros where the system does not tell. */
async function usage(pid: number): Promise<{ peakBytes: number; cpuSeconds: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [, kilobytes = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? [];
  const [user = '0', system = '0'] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return { peakBytes: Number(kilobytes) * 1024, cpuSeconds: (Number(user) + Number(system)) / 100 };
}

/** Runs the exporter and says what it took. @throws Error when it fails */
async function runExporter(python: string, args: readonly string[]): Promise<void> {
  const started = performance.now();
  const child = spawn(python, ['-m', ...args], {
    cwd: EXPORTER,
    stdio: 'inherit',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  let most = { peakBytes: 0, cpuSeconds: 0 };
  const look = async (): Promise<void> => {
    const now = await usage(child.pid ?? 0);
    if (now.cpuSeconds > most.cpuSeconds) most = now;
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  try {
    const status = await new Promise<number | null>((done, fail) => {
      child.once('error', fail);
      child.once('exit', done);
    });
    if (status !== 0) throw new Error(`${python} -m ${args[0] ?? ''} ended with ${status ?? 'a signal'}`);
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${seconds.toFixed(0)} s, ${most.cpuSeconds.toFixed(0)} s of a processor, ` +
      `${(most.peakBytes / 1e9).toFixed(2)} GB resident at most`,
  );
}

/** Keeps a pack's description for tests, without the hashes that make it long. */
async function keepManifest(pack: string): Promise<void> {
  const text = await readFile(join(pack, 'pack.json'), 'utf8');
  const short: unknown = JSON.parse(text, (key, value: unknown) => (key === 'chunks' ? undefined : value));
  parsePack(short);
  const options = await resolveConfig(MANIFEST);
  await writeFile(MANIFEST, await format(JSON.stringify(short), { ...options, filepath: MANIFEST }));
  console.log(`written: ${MANIFEST}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      python: { type: 'string', default: 'python3' },
      'keep-manifest': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [given] = positionals;
  if (values.help === true || given === undefined) {
    console.log(USAGE);
    return;
  }
  const folder = resolve(given);
  const checkpoint = join(folder, 'checkpoint');
  const pack = join(folder, 'pack');
  const licence = join(folder, 'LICENCE.txt');
  await mkdir(folder, { recursive: true });
  if (!existsSync(join(checkpoint, 'tokenizer/tokenizer.json'))) {
    await runExporter(values.python, ['stillwake_export.goldens.full_size', checkpoint]);
  }
  if (!existsSync(join(pack, 'pack.json'))) {
    await writeFile(licence, 'random\n');
    await runExporter(values.python, [
      'stillwake_export',
      ...['pack', 'ltx', checkpoint, pack, '--id', 'random-ltx-2b', '--version', '1.0.0'],
      ...['--title', "Random numbers in LTX-Video 2B's shapes", '--source', SOURCE],
      ...['--licence', 'CC0-1.0', '--licence-file', licence],
      ...['--weights', 'int4', '--autoencoder', 'int8'],
    ]);
  }
  if (values['keep-manifest']) await keepManifest(pack);
}

await main();
