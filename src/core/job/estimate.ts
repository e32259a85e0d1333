import { frameCount, type ClipSettings } from '../../contracts/settings.ts';
import { outputFrame } from '../frame/output.ts';

/** What this machine was seen to need, kept from job to job. */
export interface Speed {
  /** Milliseconds a megapixel drawn, encoded and verified. */
  readonly msPerMegapixel: number;
  /** Milliseconds of a job besides its frames. */
  readonly fixedMs: number;
}

/** A newer measurement weighs this much; a single slow job (a hidden tab) doesn't spoil the estimate. */
const NEWEST_WEIGHT = 0.4;

/** Megapixels of all frames of a clip. */
function megapixels(
  source: { readonly width: number; readonly height: number },
  settings: ClipSettings,
): number {
  const { width, height } = outputFrame(source, settings.resolution, settings.aspect, null);
  return (frameCount(settings.seconds, settings.fps) * width * height) / 1e6;
}

/** Seconds that a clip will take from click to saved. */
export function estimateClipS(
  speed: Speed,
  source: { readonly width: number; readonly height: number },
  settings: ClipSettings,
): number {
  return (speed.fixedMs + speed.msPerMegapixel * megapixels(source, settings)) / 1000;
}

/** Takes a finished clip into the measurement. All times in milliseconds. */
export function learnSpeed(
  before: Speed | null,
  job: {
    readonly totalMs: number;
    /** From the first frame asked for to the file verified. */
    readonly framesMs: number;
    readonly width: number;
    readonly height: number;
    readonly frames: number;
  },
): Speed {
  const msPerMegapixel = job.framesMs / Math.max(0.01, (job.frames * job.width * job.height) / 1e6);
  const fixedMs = Math.max(0, job.totalMs - job.framesMs);
  if (before === null) return { msPerMegapixel, fixedMs };
  const mix = (old: number, now: number): number => old + (now - old) * NEWEST_WEIGHT;
  return {
    msPerMegapixel: mix(before.msPerMegapixel, msPerMegapixel),
    fixedMs: mix(before.fixedMs, fixedMs),
  };
}
