import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { freePort } from '../../license-api/test-machine.ts';
import { projectPath } from '../../scripts/lib/paths.ts';

/** The longest that the service may take to start, or to end when asked to, on a busy machine, ms. */
const START_MS = 60_000;
const STOP_MS = 20_000;

/** Where a service keeps its data. */
export type Keeping =
  { readonly kind: 'pglite'; readonly folder: string } | { readonly kind: 'postgres'; readonly url: string };

/** What an answer said. */
export interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** The licence service as a process of its own. */
export interface LicenceServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** What it has written so far. */
  output(): string;
  /** A request with the operator's key. @param key its `Idempotency-Key`; a new one when left out. */
  operator(method: 'GET' | 'POST', path: string, body?: unknown, key?: string): Promise<Answered>;
  /** SIGKILL: no chance to tidy up. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM: resolves when the process has ended by itself. @throws Error when it does not. */
  stop(): Promise<void>;
}

export { freePort };

/** Resolves when a process has ended, however it did. */
function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

async function healthy(url: string, child: ChildProcess, output: () => string): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the licence service ended: ${output().slice(-2000)}`);
    }
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5000) }).catch(() => null);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the licence service did not start: ${output().slice(-2000)}`);
}

/**
 * Starts `license-api/main.ts` and waits until it answers.
 *
 * @param options.port the one to listen on; a free one when left out.
 * @param options.env further variables of its environment.
 */
export async function startLicenceServer(options: {
  readonly keeping: Keeping;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<LicenceServer> {
  const { keeping } = options;
  const port = options.port ?? (await freePort());
  const url = `http://localhost:${port}`;
  const operatorKey = 'operator-key-of-the-tests-0123456789';
  const { DATABASE_URL: _url, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', projectPath('license-api/main.ts')], {
    cwd: projectPath('.'),
    env: {
      ...inherited,
      PORT: String(port),
      OPERATOR_KEY: operatorKey,
      // Each request of the tests says which address it is to be counted for.
      TRUST_PROXY: '1',
      ...(keeping.kind === 'pglite' ? { DATA_DIR: keeping.folder } : { DATABASE_URL: keeping.url }),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const take = (text: string): void => {
    written = (written + text).slice(-200_000);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);
  const abandon = (): void => void child.kill('SIGKILL');
  process.once('exit', abandon);
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    process.off('exit', abandon);
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await gone(child);
    clearTimeout(timer);
    if (signal === 'SIGTERM' && child.signalCode === 'SIGKILL') throw new Error('the service did not end');
  };
  try {
    await healthy(url, child, () => written);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  return {
    url,
    port,
    output: () => written,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async operator(method, path, body, key = randomUUID()) {
      const response = await fetch(`${url}/v1/operator${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${operatorKey}`,
          'X-Forwarded-For': strangeAddress(),
          ...(method === 'POST' ? { 'Idempotency-Key': key, 'Content-Type': 'application/json' } : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      });
      return { status: response.status, text: await response.text(), headers: response.headers };
    },
  };
}

/** An address out of 10.0.0.0/8, another one each time, so that no limit by address is met. */
export function strangeAddress(): string {
  const byte = (): number => Math.floor(Math.random() * 256);
  return `10.${byte()}.${byte()}.${byte()}`;
}
