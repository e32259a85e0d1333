import type { EngineState } from '../contracts/app.api.ts';
import type { EncodeApi } from '../contracts/encode.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { FlowSize } from '../contracts/flow.ts';
import type { Pack } from '../contracts/pack.ts';
import type {
  FlowJobRequest,
  FlowJobResult,
  FlowMachine,
  OpenPictureRequest,
  PictureReport,
  RenderApi,
  RenderCapabilities,
  RenderOptions,
} from '../contracts/render.api.ts';
import type { ClipSettings } from '../contracts/settings.ts';
import type { FlowWish } from '../core/flow/speed.ts';
import type { RemoteApi, WorkerConnection } from '../platform/thread/connect-worker.ts';
import { startEncodeWorker } from './encode-bridge.ts';
import { flowWorker, type FlowLease } from './flow-worker.ts';
import { startRenderWorker } from './render-bridge.ts';
import { toShownError } from './shown-error.ts';

/** A render worker that is ready. */
export interface Renderer {
  readonly api: RemoteApi<RenderApi>;
  readonly capabilities: RenderCapabilities;
  readonly lost: boolean;
  /** Ends this worker and no later one; the next who needs a renderer starts a fresh one. */
  end(reason: AppError): void;
}

/** A picture kept open in the render worker for as long as someone needs it. */
export interface PictureLease {
  /** The worker's name for it: the same picture with other points is another one. */
  readonly workerId: string;
  readonly report: PictureReport;
  readonly renderer: Renderer;
  /** Lets go; the last one to do so closes the picture. */
  release(): void;
}

/** What is known of how this machine makes clips with flow packs; see `FlowFitter`. */
export interface FlowKnowledge {
  /** Looks at the machine, once. */
  measure(): Promise<Pick<FlowMachine, 'provider'>>;
  /** Sizes that it can make. */
  fits(pack: Pack, settings: ClipSettings): (size: FlowSize) => boolean;
  learn(pack: Pack, wish: FlowWish, result: Pick<FlowJobResult, 'provider' | 'times'>): void;
  failed(pack: Pack, size: FlowSize, cause: unknown): void;
}

export interface EngineOptions {
  readonly render: RenderOptions;
  readonly onState?: (state: EngineState) => void;
  /** The render worker went away by itself or was dropped: its pictures and canvases are gone. */
  readonly onRenderLost?: (reason: AppError) => void;
  /**
   * The installed pack of that id, never asked for `portrait`; left out: no other is known.
   * @throws ERR_INPUT_PACK when none is installed
   */
  readonly findPack?: (packId: string) => Promise<Pack>;
  /** Left out: every size of a pack is taken for one that fits. */
  readonly flowKnowledge?: FlowKnowledge;
  /** How long the worker of flow packs outlives its last job; its memory never shrinks. */
  readonly flowIdleMs?: number;
  /** Seams for tests of loss. */
  readonly startRender?: () => WorkerConnection<RenderApi>;
  readonly startEncode?: () => WorkerConnection<EncodeApi>;
  readonly startFlow?: () => WorkerConnection<RenderApi>;
}

/** The workers: started when first needed, rebuilt when lost. */
export interface Engine {
  /** @throws ERR_ENV_*, ERR_MODEL_*, ERR_GPU_*, ERR_WORKER_* */
  renderer(): Promise<Renderer>;
  encoder(): RemoteApi<EncodeApi>;
  /** Opens a picture, or shares it when it is open with the same inputs. @throws ERR_INPUT_* */
  openPicture(request: OpenPictureRequest): Promise<PictureLease>;
  /** @throws ERR_INPUT_PACK when it is not installed */
  findPack(packId: string): Promise<Pack>;
  readonly flowKnowledge: FlowKnowledge | null;
  /** What every flow job has to say of its surroundings. */
  readonly flowPlace: Pick<FlowJobRequest, 'wasmUrl' | 'provider'>;
  /** The worker of flow packs, started when it is not there. @throws ERR_WORKER_TERMINATED once all has ended */
  flow(): FlowLease;
  /** Ends workers; the next call starts new ones. */
  drop(which: 'render' | 'encode' | 'flow'): void;
  /** Ends everything. */
  close(): void;
}

interface OpenEntry {
  readonly workerId: string;
  readonly opening: Promise<{ report: PictureReport; renderer: Renderer }>;
  users: number;
}

const FLOW_IDLE_MS = 30_000;

const deviceLost = (): AppError =>
  new AppError('ERR_GPU_LOST', 'the graphics device was lost', { retryable: true });

/** Starts nothing yet. */
export function createEngine(options: EngineOptions): Engine {
  const startRender = options.startRender ?? startRenderWorker;
  const startEncode = options.startEncode ?? startEncodeWorker;
  let rendering: { connection: WorkerConnection<RenderApi>; ready: Promise<Renderer> } | null = null;
  let encoding: WorkerConnection<EncodeApi> | null = null;
  const flow = flowWorker(options.startFlow ?? startRenderWorker, options.flowIdleMs ?? FLOW_IDLE_MS);
  const pictures = new Map<string, OpenEntry>();
  let serial = 0;
  let closed = false;

  const start = (): Promise<Renderer> => {
    options.onState?.({ phase: 'loading', ready: 0 });
    const connection = startRender();
    let loading = true;
    const onLoad = (readyBytes: number, totalBytes: number): void => {
      // A late message must not bring a finished or failed start back.
      if (loading && rendering?.connection === connection)
        options.onState?.({ phase: 'loading', ready: readyBytes / totalBytes });
    };
    const ready = connection.api
      .init(options.render, onLoad)
      .finally(() => (loading = false))
      .then(
        (capabilities): Renderer => {
          if (rendering?.connection === connection) options.onState?.({ phase: 'ready', capabilities });
          // A worker whose device is gone lives on, but draws nothing more: not even a preview would say so.
          connection.api.deviceLost().then(
            () => connection.terminate(deviceLost()),
            () => undefined,
          );
          return {
            api: connection.api,
            capabilities,
            get lost() {
              return connection.lost;
            },
            end: (reason) => connection.terminate(reason),
          };
        },
        (cause: unknown) => {
          // A failed start is forgotten, so that the next call tries again.
          if (rendering?.connection === connection) {
            rendering = null;
            options.onState?.({ phase: 'failed', error: toShownError(cause) });
          }
          connection.terminate();
          throw cause;
        },
      );
    ready.catch(() => undefined);
    rendering = { connection, ready };
    void connection.onLost.then((reason) => {
      if (rendering?.connection !== connection) return;
      rendering = null;
      pictures.clear();
      if (closed) return;
      options.onState?.({ phase: 'idle' });
      options.onRenderLost?.(reason);
    });
    return ready;
  };

  const renderer = (): Promise<Renderer> =>
    rendering !== null && !rendering.connection.lost ? rendering.ready : start();

  return {
    renderer,
    encoder() {
      if (encoding === null || encoding.lost) encoding = startEncode();
      return encoding.api;
    },
    async openPicture(request) {
      const key = JSON.stringify([request.pictureId, request.matte, request.points ?? null]);
      let entry = pictures.get(key);
      if (entry === undefined) {
        const workerId = `${request.pictureId}#${(serial += 1)}`;
        const opening = renderer().then(async (found) => ({
          renderer: found,
          report: await found.api.openPicture({ ...request, pictureId: workerId }),
        }));
        entry = { workerId, opening, users: 0 };
        pictures.set(key, entry);
      }
      const mine = entry;
      mine.users += 1;
      const letGo = (): void => {
        mine.users -= 1;
        if (mine.users > 0) return;
        if (pictures.get(key) === mine) pictures.delete(key);
        mine.opening
          .then((open) => (open.renderer.lost ? undefined : open.renderer.api.closePicture(mine.workerId)))
          .catch(() => undefined);
      };
      try {
        const open = await mine.opening;
        let held = true;
        return {
          workerId: mine.workerId,
          report: { ...open.report, pictureId: request.pictureId },
          renderer: open.renderer,
          release() {
            if (held) letGo();
            held = false;
          },
        };
      } catch (cause) {
        letGo();
        throw cause;
      }
    },
    async findPack(packId) {
      if (options.findPack !== undefined) return options.findPack(packId);
      throw new AppError('ERR_INPUT_PACK', `there is no pack ${packId}`, { details: { given: packId } });
    },
    flowKnowledge: options.flowKnowledge ?? null,
    flowPlace: {
      wasmUrl: options.render.wasmUrl,
      ...(options.render.provider === undefined ? {} : { provider: options.render.provider }),
    },
    flow() {
      // Whoever tries anew after an ended worker must not start one that nobody ends.
      if (closed) throw new AppError('ERR_WORKER_TERMINATED', 'the application has ended');
      return flow.lease();
    },
    drop(which) {
      if (which === 'flow') flow.end();
      else if (which === 'render') rendering?.connection.terminate();
      else encoding?.terminate();
    },
    close() {
      closed = true;
      flow.end();
      rendering?.connection.terminate();
      encoding?.terminate();
    },
  };
}
