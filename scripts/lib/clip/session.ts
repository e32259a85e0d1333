import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Browser, Page } from 'playwright';
import { AppError, ERROR_CODES, type ErrorCode, type ErrorRecord } from '../../../src/contracts/errors.ts';
import type {
  HeadlessApi,
  HeadlessProgress,
  HeadlessRequest,
  HeadlessResult,
} from '../../../src/contracts/headless.api.ts';
import type { ClipSettings } from '../../../src/contracts/settings.ts';
import { launchBrowser } from '../browser.ts';
import { DIST } from '../build-app.ts';
import { SERVER_HEADERS } from '../headers.ts';
import { startServer } from '../static-server.ts';

/** One clip to make. */
export interface ClipJob {
  /** Absolute path of the picture. */
  readonly picture: string;
  readonly settings: ClipSettings;
  /** Absolute path that the finished bytes are written to. */
  readonly partPath: string;
}

/** A browser with the built pipeline in it, for any number of clips one after the other. */
export interface ClipSession {
  /** @throws what the pipeline throws; ERR_WORKER_FAILED when its page dies or stands still. */
  make(job: ClipJob, onProgress: HeadlessProgress): Promise<HeadlessResult>;
  /** The page that runs the pipeline, for tests that watch it. */
  readonly page: Page;
  close(): Promise<void>;
}

/** A job that says nothing for so long has failed; the slowest stage on two cores takes a tenth of it. */
const STALL_MS = 180_000;

declare global {
  /** Set by `headless.html`. */
  var stillwake: HeadlessApi | undefined;
  /** Given to the page by {@link openSession}. */
  var reportProgress: ((view: Parameters<HeadlessProgress>[0]) => Promise<void>) | undefined;
}

function fromRecord(record: ErrorRecord): Error {
  const known = ERROR_CODES.find((code): code is ErrorCode => code === record.code);
  if (known !== undefined) return new AppError(known, record.message, { details: record.details ?? {} });
  return new AppError('ERR_WORKER_FAILED', record.message, { details: { say: record.message } });
}

/** Hands a job's picture to the page and takes its clip. */
class Exchange {
  #jobs = new Map<string, ClipJob>();

  add(job: ClipJob): string {
    const id = randomUUID();
    this.#jobs.set(id, job);
    return id;
  }

  remove(id: string): void {
    this.#jobs.delete(id);
  }

  async route(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const [, id = '', what] = /^\/job\/([\w-]+)\/(picture|clip)$/.exec(request.url ?? '') ?? [];
    const job = this.#jobs.get(id);
    if (job === undefined) return false;
    if (what === 'picture' && request.method === 'GET') {
      const { size } = await stat(job.picture);
      const type = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) };
      response.writeHead(200, { ...SERVER_HEADERS, ...type, 'Cache-Control': 'no-store' });
      await pipeline(createReadStream(job.picture), response);
      return true;
    }
    if (what === 'clip' && request.method === 'PUT') {
      await pipeline(request, createWriteStream(job.partPath));
      response.writeHead(204, SERVER_HEADERS).end();
      return true;
    }
    return false;
  }
}

/** Runs in the page. */
async function callPipeline(request: HeadlessRequest) {
  const { stillwake, reportProgress } = globalThis;
  if (stillwake === undefined || reportProgress === undefined) throw new Error('the pipeline is not there');
  return stillwake.makeClip(request, (view) => void reportProgress(view));
}

/** Rejects when nothing is reported for {@link STALL_MS}. */
function watchdog(): { readonly stalled: Promise<never>; touch(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void = () => undefined;
  const stalled = new Promise<never>((_resolve, reject) => (fail = reject));
  // A stop without a stall leaves the promise pending; a stall after the race is over must not go unheard.
  stalled.catch(() => undefined);
  const touch = (): void => {
    clearTimeout(timer);
    const say = `nothing moved for ${STALL_MS / 1000} s`;
    timer = setTimeout(() => fail(new AppError('ERR_WORKER_FAILED', say, { details: { say } })), STALL_MS);
  };
  touch();
  return { stalled, touch, stop: () => clearTimeout(timer) };
}

/**
 * Starts a server and a browser for clips. The application must have been built.
 *
 * @param given a browser to use; it is then not closed with the session.
 * @throws ERR_ENV_UNSUPPORTED when there is no browser.
 */
export async function openSession(given?: Browser): Promise<ClipSession> {
  const exchange = new Exchange();
  const server = await startServer({
    root: DIST,
    port: 0,
    route: (request, response) => exchange.route(request, response),
  });
  const browser =
    given ??
    (await launchBrowser().catch(async (error: unknown) => {
      await server.close();
      throw error;
    }));
  const page = await browser.newPage();
  let onProgress: HeadlessProgress = () => undefined;
  await page.exposeFunction('reportProgress', (view: Parameters<HeadlessProgress>[0]) => onProgress(view));
  const died = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(new AppError('ERR_WORKER_FAILED', 'the page of the pipeline died'));
    page.once('crash', fail);
    page.once('close', fail);
  });
  died.catch(() => undefined);
  await page.goto(`${server.url}headless.html`);
  await page.waitForFunction(() => globalThis.stillwake !== undefined);
  return {
    page,
    async make(job, report) {
      const id = exchange.add(job);
      const dog = watchdog();
      onProgress = (view) => {
        dog.touch();
        report(view);
      };
      try {
        const request: HeadlessRequest = {
          pictureUrl: `${server.url}job/${id}/picture`,
          uploadUrl: `${server.url}job/${id}/clip`,
          settings: job.settings,
        };
        const answer = await Promise.race([page.evaluate(callPipeline, request), died, dog.stalled]);
        if (!answer.ok) throw fromRecord(answer.error);
        return answer.result;
      } finally {
        dog.stop();
        exchange.remove(id);
      }
    },
    async close() {
      await page.close();
      if (given === undefined) await browser.close();
      await server.close();
    },
  };
}
