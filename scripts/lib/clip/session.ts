import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Browser, Page } from 'playwright';
import { AppError, ERROR_CODES, type ErrorCode, type ErrorRecord } from '../../../src/contracts/errors.ts';
import type {
  HeadlessAnswer,
  HeadlessApi,
  HeadlessOffer,
  HeadlessProgress,
  HeadlessRequest,
  HeadlessResult,
  HeadlessVerdict,
} from '../../../src/contracts/headless.api.ts';
import type { PackProgress } from '../../../src/contracts/packs.api.ts';
import { PORTRAIT, type ClipSettings } from '../../../src/contracts/settings.ts';
import { DIST } from '../build-app.ts';
import { SERVER_HEADERS } from '../headers.ts';
import { startServer } from '../static-server.ts';
import { openClipBrowser } from './clip-browser.ts';
import type { PackPlace } from './pack-choice.ts';

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
  make(job: ClipJob, onProgress: HeadlessProgress, onVerdict?: HeadlessVerdict): Promise<HeadlessResult>;
  /** Reads what a flow pack is. @throws ERR_INPUT_PACK, ERR_MODEL_* */
  look(place: PackPlace): Promise<HeadlessOffer>;
  /** Installs it into the browser for as long as that is open. @throws ERR_MODEL_*, ERR_STORE_* */
  install(place: PackPlace, onProgress: (progress: PackProgress) => void): Promise<HeadlessOffer>;
  /** The page that runs the pipeline, for tests that watch it. */
  readonly page: Page;
  close(): Promise<void>;
}

/** What has to be known before the browser is started. */
export interface SessionNeeds {
  /** Origins besides its own server's that the page may ask. */
  readonly connectOrigins: readonly string[];
  /** Whether something large will be kept, which then lies on the disk and not in memory. */
  readonly onDisk: boolean;
}

/** What a clip by a pack needs of a session. @param place null for the portrait pack. */
export function needsOf(place: PackPlace | null): SessionNeeds {
  const connectOrigins = place?.kind === 'address' ? [new URL(place.url).origin] : [];
  return { connectOrigins, onDisk: place !== null };
}

/** A job that says nothing for so long has failed; the slowest stage on two cores takes a tenth of it. */
const STALL_MS = 180_000;
/** The same of a flow pack, of whose graphs one run on a processor may take minutes. */
const FLOW_STALL_MS = 3_600_000;

declare global {
  /** Set by `headless.html`. */
  var stillwake: HeadlessApi | undefined;
  /** Given to the page by {@link openSession}. */
  var reportProgress: ((view: Parameters<HeadlessProgress>[0]) => Promise<void>) | undefined;
  var reportVerdict: ((fit: Parameters<HeadlessVerdict>[0]) => Promise<void>) | undefined;
  var reportPack: ((progress: PackProgress) => Promise<void>) | undefined;
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
  const { stillwake, reportProgress, reportVerdict } = globalThis;
  if (stillwake === undefined || reportProgress === undefined || reportVerdict === undefined)
    throw new Error('the pipeline is not there');
  return stillwake.makeClip(
    request,
    (view) => void reportProgress(view),
    (fit) => void reportVerdict(fit),
  );
}

/** Runs in the page. */
async function callLook(url: string) {
  if (globalThis.stillwake === undefined) throw new Error('the pipeline is not there');
  return globalThis.stillwake.lookPack(url);
}

/** Runs in the page. */
async function callInstall(url: string) {
  const { stillwake, reportPack } = globalThis;
  if (stillwake === undefined || reportPack === undefined) throw new Error('the pipeline is not there');
  return stillwake.installPack(url, (progress) => void reportPack(progress));
}

/** Rejects when nothing is reported for so long. */
function watchdog(stallMs: number): { readonly stalled: Promise<never>; touch(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void = () => undefined;
  const stalled = new Promise<never>((_resolve, reject) => (fail = reject));
  // A stop without a stall leaves the promise pending; a stall after the race is over must not go unheard.
  stalled.catch(() => undefined);
  const touch = (): void => {
    clearTimeout(timer);
    const say = `nothing moved for ${stallMs / 1000} s`;
    timer = setTimeout(() => fail(new AppError('ERR_WORKER_FAILED', say, { details: { say } })), stallMs);
  };
  touch();
  return { stalled, touch, stop: () => clearTimeout(timer) };
}

/** The pages' way to the files of packs on this machine. */
class PackFolders {
  /** By the path that they are served under. */
  readonly served: Record<string, string> = {};

  /** Address of a pack's folder, with a slash at the end. @param serverUrl with a slash at the end */
  urlOf(place: PackPlace, serverUrl: string): string {
    if (place.kind === 'address') return place.url;
    const known = Object.entries(this.served).find(([, path]) => path === place.path)?.[0];
    const prefix = known ?? `/pack/${Object.keys(this.served).length + 1}/`;
    this.served[prefix] = place.path;
    return new URL(prefix, serverUrl).href;
  }
}

/** What the page reports, to whoever listens now. */
interface Listeners {
  onProgress: HeadlessProgress;
  onVerdict: HeadlessVerdict;
  onPack: (progress: PackProgress) => void;
}

async function openPage(page: Page, url: string, listeners: Listeners): Promise<void> {
  await page.exposeFunction('reportProgress', (view: Parameters<HeadlessProgress>[0]) =>
    listeners.onProgress(view),
  );
  await page.exposeFunction('reportVerdict', (fit: Parameters<HeadlessVerdict>[0]) =>
    listeners.onVerdict(fit),
  );
  await page.exposeFunction('reportPack', (progress: PackProgress) => listeners.onPack(progress));
  await page.goto(url);
  await page.waitForFunction(() => globalThis.stillwake !== undefined);
}

/**
 * Starts a server and a browser for clips. The application must have been built.
 *
 * @param given a browser to use; it is then not closed with the session.
 * @throws ERR_ENV_UNSUPPORTED when there is no browser.
 */
export async function openSession(
  given?: Browser,
  needs: SessionNeeds = needsOf(null),
): Promise<ClipSession> {
  const exchange = new Exchange();
  const folders = new PackFolders();
  const server = await startServer({
    root: DIST,
    port: 0,
    folders: folders.served,
    route: (request, response) => exchange.route(request, response),
    connectOrigins: needs.connectOrigins,
  });
  const listeners: Listeners = {
    onProgress: () => undefined,
    onVerdict: () => undefined,
    onPack: () => undefined,
  };
  const browser = await openClipBrowser(given, needs.onDisk).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  let page: Page;
  try {
    page = await browser.context.newPage();
    await openPage(page, `${server.url}headless.html`, listeners);
  } catch (error) {
    await close();
    throw error;
  }
  const died = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(new AppError('ERR_WORKER_FAILED', 'the page of the pipeline died'));
    page.once('crash', fail);
    page.once('close', fail);
  });
  died.catch(() => undefined);
  /** Waits for the page, as long as it lives and moves. */
  const answerOf = async <T>(dog: ReturnType<typeof watchdog>, call: Promise<HeadlessAnswer<T>>) => {
    try {
      const answer = await Promise.race([call, died, dog.stalled]);
      if (!answer.ok) throw fromRecord(answer.error);
      return answer.result;
    } finally {
      dog.stop();
    }
  };
  return {
    page,
    look(place) {
      return answerOf(watchdog(STALL_MS), page.evaluate(callLook, folders.urlOf(place, server.url)));
    },
    install(place, report) {
      const dog = watchdog(STALL_MS);
      listeners.onPack = (progress) => {
        dog.touch();
        report(progress);
      };
      return answerOf(dog, page.evaluate(callInstall, folders.urlOf(place, server.url)));
    },
    async make(job, report, onVerdict = () => undefined) {
      const id = exchange.add(job);
      const dog = watchdog(job.settings.pack === PORTRAIT ? STALL_MS : FLOW_STALL_MS);
      listeners.onVerdict = onVerdict;
      listeners.onProgress = (view) => {
        dog.touch();
        report(view);
      };
      try {
        const request: HeadlessRequest = {
          pictureUrl: `${server.url}job/${id}/picture`,
          uploadUrl: `${server.url}job/${id}/clip`,
          settings: job.settings,
        };
        return await answerOf(dog, page.evaluate(callPipeline, request));
      } finally {
        exchange.remove(id);
      }
    },
    close,
  };
}
