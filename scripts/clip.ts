import { buildApp } from './lib/build-app.ts';
import { runClip } from './lib/clip/run-clip.ts';
import { openSession, type ClipSession } from './lib/clip/session.ts';

const abort = new AbortController();
let session: Promise<ClipSession> | undefined;

const end = (): void => abort.abort();
process.on('SIGINT', end);
process.on('SIGTERM', end);
process.on('SIGHUP', end);

// npm starts scripts in the project's root and says in INIT_CWD where the person is.
const startedByNpm = process.env['npm_lifecycle_event'] === 'clip';
const folder = (startedByNpm ? process.env['INIT_CWD'] : undefined) ?? process.cwd();

const status = await runClip(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  terminal: process.stderr,
  folder,
  session: (needs) => (session ??= buildApp().then(() => openSession(undefined, needs))),
  signal: abort.signal,
});
// A browser that is still starting when Ctrl-C comes is waited for, so that it does not outlive us.
await session?.then(
  (open) => open.close(),
  () => undefined,
);
process.exit(status);
