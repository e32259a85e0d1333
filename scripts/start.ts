import { parseArgs } from 'node:util';
import { buildApp, DIST, stepLine } from './lib/build-app.ts';
import { readOrigins } from './lib/headers.ts';
import { fetchPageLicence, licenceServing } from './lib/licence/page-config.ts';
import { startServer } from './lib/static-server.ts';

const USAGE = `npm start -- [--port N] [--licence-api URL] [--packs-from ORIGIN]…

Builds the application (what is unchanged is kept) and serves it on this machine.

  --port N            port to listen on; without it 4173, or the next one that is free
  --packs-from ORIGIN lets pages fetch flow packs from this origin, such as https://models.example.org; may be given again.
                      Without it they come from this server, a folder or a ZIP file only
  --licence-api URL   tiers and Moments of the licence API at this address (npm run license-api); its keys are pinned
                      as they are now, so start again after a rotation; without it everything is unlocked`;

const DEFAULT_PORT = 4173;

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}

function readPort(value: string | undefined): number | null {
  if (value === undefined) return DEFAULT_PORT;
  const port = Number(value);
  return Number.isInteger(port) && port >= 0 && port <= 65535 ? port : null;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'licence-api': { type: 'string' },
      'packs-from': { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const port = readPort(values.port);
  if (port === null) {
    fail(`--port wants a number from 0 to 65535, not ${values.port ?? ''}`);
    return;
  }
  const packOrigins = readOrigins(values['packs-from'] ?? []);
  if (packOrigins === null) {
    fail(
      `--packs-from wants origins such as https://models.example.org, not ${values['packs-from']?.join(', ') ?? ''}`,
    );
    return;
  }
  const address = values['licence-api'];
  const licence = address === undefined ? null : await fetchPageLicence(address);
  await buildApp((step) => console.log(stepLine(step)));
  const serving = licence === null ? null : await licenceServing(DIST, licence);
  const server = await startServer({
    root: DIST,
    port,
    exactPort: values.port !== undefined,
    ...serving,
    connectOrigins: [...(serving?.connectOrigins ?? []), ...packOrigins],
  });
  console.log(`\nStillwake is at ${server.url} (Ctrl-C ends it)`);
  if (licence !== null) console.log(`Tiers and Moments come from ${licence.config.url ?? licence.origin}`);
  if (packOrigins.length > 0) console.log(`Packs may come from ${packOrigins.join(', ')}`);
  const end = (): void => {
    void server.close().then(() => process.exit(0));
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

main().catch((error: unknown) => {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  fail(
    taken
      ? 'that port is taken: choose another with --port'
      : error instanceof Error
        ? error.message
        : String(error),
  );
});
