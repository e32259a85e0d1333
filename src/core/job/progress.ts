/** What a flow pack is at. */
export interface ModelStep {
  readonly stage: 'load' | 'encode' | 'context' | 'step' | 'decode';
  /** Graph runs of the stage. */
  readonly done: number;
  readonly total: number;
}

/** How far a clip is. */
export type ProgressEvent =
  | { readonly stage: 'prepare'; readonly step?: ModelStep }
  /** Frames drawn so far. */
  | { readonly stage: 'render'; readonly done: number; readonly total: number }
  /** Work of a flow pack that lies behind the job, 0…1: reading, steps, decoding. */
  | { readonly stage: 'model'; readonly progress: number; readonly step?: ModelStep }
  /** Frames encoded so far. */
  | { readonly stage: 'encode'; readonly done: number; readonly total: number }
  /** Frames read back so far. */
  | { readonly stage: 'verify'; readonly done: number; readonly total: number }
  | { readonly stage: 'save' };

/** What a person is told: the stage, the whole job from 0 to 1, and the seconds left once they can be told. */
export interface ProgressView {
  readonly stage: 'prepare' | 'render' | 'verify' | 'save';
  readonly progress: number;
  readonly etaS: number | null;
  /** Of a flow pack at work. */
  readonly step?: ModelStep;
}

/** Shares of the whole at the end of each stage. Frames are most of the work; a verifier reads faster than one writes. */
const PREPARED = 0.08;
const ENCODED = 0.86;
const VERIFIED = 0.98;
/** The same of a flow pack, whose frames are quickly encoded and verified beside what its steps take. */
const MODEL_READY = 0.02;
const MODEL_DRAWN = 0.95;
/** Reading a frame back costs about this part of drawing and encoding one; replaced by the truth once it runs. */
const VERIFY_COST = 0.15;
/** The rate is measured over the last frames of this span, so that a pause (a hidden tab) is soon forgotten. */
const WINDOW_MS = 8000;
/** Before so many frames and so long a time a rate is a guess. */
const FRAMES_MIN = 4;
const SPAN_MIN_MS = 300;

/** Steps are few and long: their pace is that of so many last ones, whatever time they took. */
const STEPS_KEPT = 4;
/** Part of a job that is not done in a moment. */
const JUMP = 0.05;

/** Follows a running clip and tells progress that never goes back, and an estimate of the time left. */
export interface ProgressMeter {
  /** @param nowMs any clock that only grows, milliseconds. */
  update(event: ProgressEvent, nowMs: number): ProgressView;
}

interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** Rate in milliseconds a frame over the samples kept, or null while there are too few. */
function pace(samples: Sample[], sample: Sample): number | null {
  samples.push(sample);
  while (samples.length > 2 && sample.atMs - (samples[1]?.atMs ?? sample.atMs) > WINDOW_MS) samples.shift();
  const first = samples[0];
  if (first === undefined) return null;
  const frames = sample.done - first.done;
  const spanMs = sample.atMs - first.atMs;
  return frames < FRAMES_MIN || spanMs < SPAN_MIN_MS ? null : spanMs / frames;
}

/** Whether work was not done but found done, or begins anew: a job that goes on from its last step has no pace yet. */
function isJump(last: Sample | undefined, done: number, nowMs: number): boolean {
  if (last === undefined) return false;
  return done < last.done || (done - last.done > JUMP && nowMs - last.atMs < SPAN_MIN_MS);
}

/** Milliseconds for the whole work by the last pieces of it, or null while there are too few. */
function workPace(samples: Sample[], sample: Sample): number | null {
  samples.push(sample);
  if (samples.length > STEPS_KEPT + 1 && sample.atMs - (samples[1]?.atMs ?? 0) > WINDOW_MS) samples.shift();
  const first = samples[0];
  if (first === undefined) return null;
  const work = sample.done - first.done;
  const spanMs = sample.atMs - first.atMs;
  return work <= 0 || spanMs < SPAN_MIN_MS ? null : spanMs / work;
}

/** A meter for one job, from its very start. */
export function progressMeter(): ProgressMeter {
  const encodeSamples: Sample[] = [];
  const verifySamples: Sample[] = [];
  const workSamples: Sample[] = [];
  let workMs: number | null = null;
  /** Set once a flow pack is at work: frames then follow from its steps. */
  let isModel = false;
  let drawn = 0;
  let encoded = 0;
  let encodeMs: number | null = null;
  let latest: ProgressView = { stage: 'prepare', progress: 0, etaS: null };

  const next = (stage: ProgressView['stage'], progress: number, etaMs: number | null): ProgressView => {
    latest = {
      stage,
      progress: Math.min(1, Math.max(latest.progress, progress)),
      etaS: etaMs === null ? null : Math.max(0, etaMs / 1000),
    };
    return latest;
  };

  const withStep = (view: ProgressView, step: ModelStep | undefined): ProgressView => {
    if (step !== undefined) latest = { ...view, step };
    return latest;
  };

  return {
    update(event, nowMs) {
      switch (event.stage) {
        case 'prepare':
          return withStep(next('prepare', 0, null), event.step);
        case 'render':
        case 'encode': {
          const total = Math.max(1, event.total);
          if (event.stage === 'render') drawn = event.done;
          else {
            encoded = event.done;
            encodeMs = pace(encodeSamples, { atMs: nowMs, done: encoded }) ?? encodeMs;
          }
          // Frames overlap in both workers; a frame counts half when drawn and half when encoded.
          const share = Math.min(1, (Math.max(drawn, encoded) + encoded) / 2 / total);
          if (isModel) return latest;
          const leftMs = encodeMs === null ? null : encodeMs * (total - encoded + total * VERIFY_COST);
          return next('render', PREPARED + (ENCODED - PREPARED) * share, leftMs);
        }
        case 'model': {
          isModel = true;
          if (isJump(workSamples.at(-1), event.progress, nowMs)) workSamples.length = 0;
          workMs = workPace(workSamples, { atMs: nowMs, done: event.progress }) ?? workMs;
          const leftMs = workMs === null ? null : workMs * (1 - event.progress);
          return withStep(
            next('render', MODEL_READY + (MODEL_DRAWN - MODEL_READY) * event.progress, leftMs),
            event.step,
          );
        }
        case 'verify': {
          const total = Math.max(1, event.total);
          const verifyMs =
            pace(verifySamples, { atMs: nowMs, done: event.done }) ??
            (encodeMs === null ? null : encodeMs * VERIFY_COST);
          const leftMs = verifyMs === null ? null : verifyMs * (total - event.done);
          const before = isModel ? MODEL_DRAWN : ENCODED;
          return next('verify', before + (VERIFIED - before) * Math.min(1, event.done / total), leftMs);
        }
        case 'save':
          return next('save', VERIFIED, 0);
      }
    },
  };
}
