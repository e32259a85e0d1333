import type { EncodeJobRequest, EncodeJobResult } from '../contracts/encode.api.ts';
import type { RenderJobResult } from '../contracts/render.api.ts';
import type { Engine } from './engine.ts';
import type { MakeClipRequest } from './pipeline.ts';
import { isAbort } from './shown-error.ts';

/** A worker that hasn't stopped so long after it was asked to is ended. */
const GRACE_MS = 3000;

/** Resolves when all have settled or the time is over; true when all have. */
async function settledWithin(promises: readonly Promise<unknown>[], ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([Promise.allSettled(promises).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with AbortError as soon as the signal says so; what goes on meanwhile is left to end by itself. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // Its failure is of no interest to anyone once the job is cancelled.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new DOMException('the job was cancelled', 'AbortError'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The drawing side of a job. */
export interface Drawing<Result> {
  /** Which worker does it. */
  readonly worker: 'render' | 'flow';
  /** Sends frames over the port, which changes owner. */
  draw(port: MessagePort): Promise<Result>;
  cancel(): Promise<void>;
}

/** Draws and encodes at once; when one side fails or the job is cancelled, both end before this does. */
export async function drawAndEncode<Result extends RenderJobResult>(
  engine: Engine,
  request: MakeClipRequest,
  encodeRequest: EncodeJobRequest,
  drawing: Drawing<Result>,
): Promise<[Result, EncodeJobResult]> {
  const { jobId, onProgress, signal } = request;
  const encoder = engine.encoder();
  const channel = new MessageChannel();
  const encoding = encoder.encode(encodeRequest, channel.port2, (stage, done, total) =>
    onProgress?.({ stage, done, total }),
  );
  const rendering = drawing.draw(channel.port1);
  const both = [rendering, encoding] as const;
  try {
    return await unlessAborted(Promise.all(both), signal);
  } catch (first) {
    const settled = new Set<string>();
    rendering.finally(() => settled.add('render')).catch(() => undefined);
    encoding.finally(() => settled.add('encode')).catch(() => undefined);
    drawing.cancel().catch(() => undefined);
    encoder.cancel(jobId).catch(() => undefined);
    if (!(await settledWithin(both, GRACE_MS))) {
      if (!settled.has('render')) engine.drop(drawing.worker);
      if (!settled.has('encode')) engine.drop('encode');
    }
    if (signal?.aborted) throw new DOMException('the job was cancelled', 'AbortError');
    // One side's failure stops the other, which then says only that it was stopped: the cause is the better answer.
    const outcomes = await Promise.allSettled(both);
    const causes = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    const cause: unknown = [first, ...causes].find((reason) => !isAbort(reason)) ?? first;
    throw cause;
  }
}
