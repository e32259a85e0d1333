import { parseArgs } from 'node:util';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { projectPath } from '../../scripts/lib/paths.ts';
import { TestDevice } from '../licence/device.ts';
import { makeKeeping } from '../licence/keeping.ts';
import { load, type Load, type PlannedRequest } from '../licence/load.ts';
import {
  freePort,
  startLicenceServer,
  strangeAddress,
  type Keeping,
  type LicenceServer,
} from '../licence/server.ts';
import { freshNonce } from '../licence/device.ts';

const USAGE = `npm run bench:license -- [--requests 400] [--rounds 2] [--database pglite|postgres|both]

Requests a second and p99 of each endpoint of the licence service, one database after the other in fresh processes, beside
a bare hono route in the same run.`;

const CONNECTIONS = 8;
/** Requests of one device at one endpoint; those of all four together stay below the limit by licence. */
const PER_DEVICE = 25;

/** An endpoint, and how its requests are made. */
interface Endpoint {
  readonly name: string;
  /** Called once for each request, before the clock runs. */
  readonly plan: (server: LicenceServer, index: number) => Promise<PlannedRequest>;
}

interface Licensed {
  readonly key: string;
  readonly device: TestDevice;
}

async function makeLicensed(server: LicenceServer, isActive: boolean): Promise<Licensed> {
  const made = await server.operator('POST', '/licences', { policy: 'five-tier', tier: 'ultimate' });
  if (made.status !== 201 && made.status !== 200) throw new Error(`a licence: ${made.status} ${made.text}`);
  const { key } = JSON.parse(made.text) as { key: string };
  const device = new TestDevice();
  if (isActive) {
    const body = { key, device: { publicKey: device.publicKey, name: 'bench' } };
    const activated = await device.ask(server.url, 'POST', '/v1/activate', body);
    if (activated.status >= 300) throw new Error(`activate: ${activated.status} ${activated.text}`);
  }
  return { key, device };
}

async function proven(
  server: LicenceServer,
  device: TestDevice,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<PlannedRequest> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const proof = device.proof(method, path, text, await freshNonce(server.url));
  return {
    method,
    path,
    headers: {
      'Stillwake-Proof': proof,
      'X-Forwarded-For': strangeAddress(),
      ...(method === 'POST' ? { 'Idempotency-Key': randomUUID(), 'Content-Type': 'application/json' } : {}),
    },
    ...(method === 'POST' ? { body: text } : {}),
  };
}

function endpoints(): readonly Endpoint[] {
  const pools = new Map<number, Promise<Licensed>>();
  const licensed = (server: LicenceServer, index: number): Promise<Licensed> => {
    const place = Math.floor(index / PER_DEVICE);
    const known = pools.get(place) ?? makeLicensed(server, true);
    pools.set(place, known);
    return known;
  };
  const open = (path: string): Endpoint => ({
    name: `GET ${path}`,
    plan: async () => ({ method: 'GET', path, headers: { 'X-Forwarded-For': strangeAddress() } }),
  });
  const asDevice = (method: 'GET' | 'POST', path: string, body?: unknown): Endpoint => ({
    name: `${method} ${path}`,
    plan: async (server, index) => proven(server, (await licensed(server, index)).device, method, path, body),
  });
  return [
    open('/healthz'),
    open('/v1/nonce'),
    open('/v1/policy'),
    open('/v1/revocations'),
    open('/.well-known/jwks.json'),
    {
      name: 'POST /v1/activate',
      plan: async (server) => {
        const { key, device } = await makeLicensed(server, false);
        const body = { key, device: { publicKey: device.publicKey, name: 'bench' } };
        return proven(server, device, 'POST', '/v1/activate', body);
      },
    },
    asDevice('GET', '/v1/entitlement'),
    asDevice('POST', '/v1/ledger', { entries: [] }),
    asDevice('POST', '/v1/leases', { min: 1, want: 1 }),
    asDevice('POST', '/v1/refresh', {}),
  ];
}

/** A bare hono route in a process of its own. */
async function bareRoute(requests: number): Promise<Load> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', projectPath('test/licence/bare-route.ts'), String(port)],
    {
      cwd: projectPath('.'),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    await once(child.stdout, 'data');
    const plan = (): PlannedRequest => ({ method: 'GET', path: '/', headers: {} });
    await load(`http://127.0.0.1:${port}`, Array.from({ length: requests }, plan), CONNECTIONS);
    return await load(`http://127.0.0.1:${port}`, Array.from({ length: requests * 4 }, plan), CONNECTIONS);
  } finally {
    child.kill('SIGKILL');
  }
}

async function planAll(
  server: LicenceServer,
  endpoint: Endpoint,
  requests: number,
): Promise<PlannedRequest[]> {
  const planned: PlannedRequest[] = [];
  for (let index = 0; index < requests; index++) planned.push(await endpoint.plan(server, index));
  return planned;
}

async function measure(
  kind: Keeping['kind'],
  requests: number,
  order: 1 | -1,
): Promise<ReadonlyMap<string, Load>> {
  const { keeping, remove } = await makeKeeping(kind);
  const server = await startLicenceServer({ keeping, env: { LOG: 'off' } }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  try {
    const found = new Map<string, Load>();
    for (const endpoint of order === 1 ? endpoints() : [...endpoints()].reverse()) {
      found.set(
        endpoint.name,
        await load(server.url, await planAll(server, endpoint, requests), CONNECTIONS),
      );
    }
    return found;
  } finally {
    await server.kill();
    await remove();
  }
}

/** Adds the rounds of one endpoint up: the middle of both numbers. */
function middle(loads: readonly Load[]): {
  readonly perSecond: number;
  readonly p99Ms: number;
  failed: number;
} {
  const of = (pick: (one: Load) => number): number => {
    const sorted = loads.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  };
  return {
    perSecond: of((one) => one.perSecond),
    p99Ms: of((one) => one.p99Ms),
    failed: loads.reduce((sum, one) => sum + one.failed, 0),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '400' },
      rounds: { type: 'string', default: '2' },
      database: { type: 'string', default: 'both' },
      help: { type: 'boolean', default: false },
    },
  });
  const [requests, rounds] = [Number(values.requests), Number(values.rounds)];
  const kinds = (['pglite', 'postgres'] as const).filter((kind) => [kind, 'both'].includes(values.database));
  const right = [requests, rounds].every((n) => Number.isInteger(n) && n > 0) && kinds.length > 0;
  if (values.help || !right) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const rows = new Map<string, Load[]>();
  const add = (name: string, one: Load): void => void rows.set(name, [...(rows.get(name) ?? []), one]);
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? 1 : -1;
    add('bare hono route', await bareRoute(requests));
    for (const kind of order === 1 ? kinds : [...kinds].reverse()) {
      for (const [name, one] of await measure(kind, requests, order)) add(`${kind}: ${name}`, one);
    }
  }
  console.log(`${requests} requests an endpoint, ${CONNECTIONS} connections, ${rounds} rounds\n`);
  console.log('| endpoint | requests/s | p99 ms | failed |\n| --- | --: | --: | --: |');
  for (const [name, loads] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { perSecond, p99Ms, failed } = middle(loads);
    console.log(`| ${name} | ${perSecond.toFixed(0)} | ${p99Ms.toFixed(1)} | ${failed} |`);
    if (failed > 0) process.exitCode = 1;
  }
  if (process.exitCode === 1)
    console.log('\nSome were refused: what is written of their endpoints does not hold.');
}

await main();
