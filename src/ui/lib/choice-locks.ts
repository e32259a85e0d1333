import { locksOf } from '../../app/licence-sums.ts';
import type { LicenceView, Lock } from '../../contracts/licence/view.ts';
import type { PriceRequest } from '../../contracts/licence/policy.ts';
import { RESOLUTIONS, SECONDS_MAX, SECONDS_MIN, type ClipSettings } from '../../contracts/settings.ts';

/** Choices of the settings that the tier in force lacks, each with why. */
export interface ChoiceLocks {
  readonly resolutions: ReadonlyMap<string, Lock>;
  /** Lengths that may be chosen, seconds, both ends included, and why not beyond; null when all may. */
  readonly seconds: { readonly min: number; readonly max: number; readonly lock: Lock } | null;
}

function requestOf({ quote }: LicenceView, settings: ClipSettings): PriceRequest {
  const { resolution, seconds } = settings;
  return {
    ...(quote?.request ?? { mode: 'advanced', quality: 'standard', sound: false }),
    resolution,
    seconds,
  };
}

/** Looks at each choice by itself, the others as they are. */
export function choiceLocks(view: LicenceView, settings: ClipSettings): ChoiceLocks {
  const request = requestOf(view, settings);
  const lockOf = (change: Partial<PriceRequest>, what: Lock['what']): Lock | undefined =>
    locksOf(view.policy, view.tier, { ...request, ...change }).find((lock) => lock.what === what);
  const resolutions = new Map<string, Lock>();
  for (const resolution of RESOLUTIONS) {
    const lock = lockOf({ resolution }, 'resolution');
    if (lock !== undefined) resolutions.set(resolution, lock);
  }
  const lengths = Array.from({ length: SECONDS_MAX - SECONDS_MIN + 1 }, (_, place) => SECONDS_MIN + place);
  const free = lengths.filter((seconds) => lockOf({ seconds }, 'seconds') === undefined);
  const [min] = free;
  const max = free.at(-1);
  const locked = lengths.findLast((seconds) => !free.includes(seconds));
  const lock = locked === undefined ? undefined : lockOf({ seconds: locked }, 'seconds');
  return {
    resolutions,
    seconds: min === undefined || max === undefined || lock === undefined ? null : { min, max, lock },
  };
}
