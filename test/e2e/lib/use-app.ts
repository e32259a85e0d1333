import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { launchBrowser } from '../../../scripts/lib/browser.ts';
import { DIST } from '../../../scripts/lib/build-app.ts';
import { runClip } from '../../../scripts/lib/clip/run-clip.ts';
import {
  needsOf,
  openSession,
  type ClipSession,
  type SessionNeeds,
} from '../../../scripts/lib/clip/session.ts';
import { startServer, type RunningServer, type ServerOptions } from '../../../scripts/lib/static-server.ts';
import type { SampleInfo } from '../../../src/contracts/app.api.ts';
import { startNetworkWatch, type NetworkWatch } from './network-watch.ts';

/** What a run of the command line gave. */
export interface ClipRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The built application, served, in a watched browser. One per test file. */
export interface AppUnderTest {
  readonly url: string;
  readonly server: RunningServer;
  /** A fresh profile per test. */
  readonly context: BrowserContext;
  readonly page: Page;
  readonly browser: Browser;
  readonly watch: NetworkWatch;
  /** Calls back with the path of every request that reaches the server, until the test is over. */
  onRequest(listener: (pathname: string) => void): void;
  /** Forgives the broken policies of this test so far, for a test that breaks one on purpose. @throws when there is none */
  expectTroubles(): void;
  /** An empty folder, removed after the file's tests. */
  readonly folder: string;
  /** Path of a file in {@link folder}. */
  path(name: string): string;
  /** The command line in this process, with one browser page for all calls of the file that ask the same origins. */
  clip(...args: readonly string[]): Promise<ClipRun>;
  /** The page that {@link clip} runs in. */
  clipPage(): Promise<Page>;
}

/** The samples as the application lists them. */
export async function readSampleList(): Promise<SampleInfo[]> {
  const value: unknown = JSON.parse(await readFile(join(DIST, 'samples/samples.json'), 'utf8'));
  return value as SampleInfo[];
}

/** Path of a sample with a real person's face. */
export async function portraitPath(): Promise<string> {
  const sample = (await readSampleList()).find(({ kind }) => kind === 'portrait');
  if (sample === undefined) throw new Error('there is no portrait among the samples');
  return join(DIST, 'samples', sample.file);
}

/** Messages with which a browser reports a broken policy or an uncaught error. */
function isTrouble(text: string): boolean {
  return /Content Security Policy|Refused to|blocked by CORS|ERR_BLOCKED_BY_RESPONSE/.test(text);
}

/**
 * Serves the built application for a test file, and fails each test in which a request leaves its origin, the content
 * security policy is broken, or a page throws.
 *
 * @param options.args further flags of the browser.
 * @param options.port first port to try; any free one when left out.
 * @param options.serving how else it is served; asked once, before the first test.
 * @param options.namedOrigin the one other origin that pages may ask.
 */
export function useApp(
  options: {
    readonly args?: readonly string[];
    readonly port?: number;
    readonly serving?: () => Promise<Pick<ServerOptions, 'transform' | 'connectOrigins'>>;
    readonly namedOrigin?: () => string;
  } = {},
): AppUnderTest {
  let server: RunningServer | undefined;
  let browser: Browser | undefined;
  let context: BrowserContext | undefined;
  let page: Page | undefined;
  let watch: NetworkWatch | undefined;
  let folder: string | undefined;
  /** By the origins that their pages may ask. */
  const sessions = new Map<string, Promise<ClipSession>>();
  let troubles: string[] = [];
  let requestListener: (pathname: string) => void = () => undefined;
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('used outside a test');
    return value;
  };
  const openClips = (needs: SessionNeeds): Promise<ClipSession> => {
    const key = needs.connectOrigins.join(' ');
    const session = sessions.get(key) ?? openSession(there(browser), needs);
    sessions.set(key, session);
    return session;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stillwake-e2e-'));
    server = await startServer({
      ...(await options.serving?.()),
      root: DIST,
      port: options.port ?? 0,
      route: (request) => {
        requestListener(new URL(request.url ?? '/', 'http://localhost').pathname);
        return false;
      },
    });
    const { origin } = new URL(server.url);
    watch = await startNetworkWatch(() => origin, options.namedOrigin);
    browser = await launchBrowser({
      proxy: { server: watch.proxyUrl, bypass: 'localhost' },
      args: options.args ?? [],
    });
  });

  beforeEach(async () => {
    troubles = [];
    requestListener = () => undefined;
    context = await there(browser).newContext();
    there(watch).follow(context);
    context.on('weberror', (error) => troubles.push(error.error().message));
    context.on('console', (message) => {
      if (isTrouble(message.text())) troubles.push(message.text());
    });
    page = await context.newPage();
  });

  afterEach(async () => {
    await context?.close();
    expect(there(watch).takeForeign(), 'requests that left the origin').toEqual([]);
    expect(troubles, 'uncaught errors and broken policies').toEqual([]);
  });

  afterAll(async () => {
    for (const session of sessions.values()) await (await session).close();
    await browser?.close();
    await watch?.close();
    await server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  return {
    get url() {
      return there(server).url;
    },
    get server() {
      return there(server);
    },
    get context() {
      return there(context);
    },
    get page() {
      return there(page);
    },
    get browser() {
      return there(browser);
    },
    get watch() {
      return there(watch);
    },
    get folder() {
      return there(folder);
    },
    expectTroubles() {
      expect(troubles).not.toEqual([]);
      troubles = [];
    },
    onRequest(listener) {
      requestListener = listener;
    },
    path: (name) => join(there(folder), name),
    async clip(...args) {
      const out: string[] = [];
      const err: string[] = [];
      const status = await runClip(args, {
        out: (line) => out.push(line),
        err: (line) => err.push(line),
        terminal: { write: () => undefined },
        folder: there(folder),
        session: openClips,
      });
      return { status, out: out.join('\n'), err: err.join('\n') };
    },
    clipPage: async () => (await openClips(needsOf(null))).page,
  };
}
