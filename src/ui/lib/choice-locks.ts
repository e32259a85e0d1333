import { locksOf } from '../../app/licence-sums.ts';
import type { PriceRequest } from '../../contracts/licence/policy.ts';
import type { LicenceView, Lock } from '../../contracts/licence/view.ts';
import { RESOLUTIONS, SECONDS_MAX, SECONDS_MIN, type ClipSettings } from '../../contracts/settings.ts';
import { secondsShort } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import { isUnknown } from './licence-state.ts';
import { lockedName, lockSentence, tierGives } from './licence-words.ts';

/** A choice that the tier in force lacks, in words. */
export interface LockedChoice {
  readonly what: Lock['what'];
  /** The choice with why it can't be taken, for whoever can't see the lock. */
  readonly name: string;
  /** Why, and which tier has it. */
  readonly sentence: string;
  /** The tier that has it; null when none has. */
  readonly tier: string | null;
  /** What else that tier gives; empty when there is nothing to say. */
  readonly gives: string;
}

/** Choices of the settings that the tier in force lacks, each with why. */
export interface ChoiceLocks {
  readonly resolutions: ReadonlyMap<string, LockedChoice>;
  /** Lengths that may be chosen, seconds, both ends included, and why not beyond; null when all may. */
  readonly seconds: {
    readonly min: number;
    readonly max: number;
    readonly locked: LockedChoice;
    /** Up to where it goes, here or in the tier that has more. */
    readonly upTo: string;
  } | null;
  /** Sound, the better model and another mode, as far as another tier has them. */
  readonly extras: readonly LockedChoice[];
}

/** What a request asks for beyond the plainest clip, and what that is called. */
const EXTRAS = [
  ['sound', { sound: true }, 'tiers.sound'],
  ['quality', { quality: 'advanced' }, 'tiers.quality'],
  ['mode', { mode: 'legacy' }, 'tiers.legacy'],
] as const;

function requestOf({ quote }: LicenceView, settings: ClipSettings): PriceRequest {
  const { resolution, seconds } = settings;
  return {
    ...(quote?.request ?? { mode: 'advanced', quality: 'standard', sound: false }),
    resolution,
    seconds,
  };
}

function inWords(view: LicenceView, name: string, lock: Lock): LockedChoice {
  return {
    what: lock.what,
    name: lockedName(name, lock),
    sentence: lockSentence(lock),
    tier: lock.tier?.name ?? null,
    gives: lock.tier === null || !view.metered ? '' : tierGives(view.policy, lock.tier),
  };
}

/** Looks at each choice by itself, the others as they are. Of tiers that aren't known nothing is said to be locked. */
export function choiceLocks(view: LicenceView, settings: ClipSettings): ChoiceLocks {
  if (isUnknown(view)) return { resolutions: new Map(), seconds: null, extras: [] };
  const request = requestOf(view, settings);
  const lockOf = (change: Partial<PriceRequest>, what: Lock['what']): Lock | undefined =>
    locksOf(view.policy, view.tier, { ...request, ...change }).find((lock) => lock.what === what);
  const resolutions = new Map<string, LockedChoice>();
  for (const resolution of RESOLUTIONS) {
    const lock = lockOf({ resolution }, 'resolution');
    if (lock !== undefined) resolutions.set(resolution, inWords(view, resolution, lock));
  }
  const extras = EXTRAS.flatMap(([what, change, name]) => {
    // Of a tier that makes no clips nothing is sure but that: the least tier that makes such a clip has the choice.
    const asked = { ...request, ...change };
    const lock = view.tier.grant.generate
      ? lockOf(change, what)
      : {
          what,
          tier: view.policy.tiers.find((tier) => locksOf(view.policy, tier, asked).length === 0) ?? null,
        };
    return lock === undefined || lock.tier === null ? [] : [inWords(view, t(name), lock)];
  });
  return { resolutions, seconds: lockedLengths(view, lockOf), extras };
}

function lockedLengths(
  view: LicenceView,
  lockOf: (change: Partial<PriceRequest>, what: Lock['what']) => Lock | undefined,
): ChoiceLocks['seconds'] {
  const lengths = Array.from({ length: SECONDS_MAX - SECONDS_MIN + 1 }, (_, place) => SECONDS_MIN + place);
  const free = lengths.filter((seconds) => lockOf({ seconds }, 'seconds') === undefined);
  const [min] = free;
  const max = free.at(-1);
  const beyond = lengths.findLast((seconds) => !free.includes(seconds));
  const lock = beyond === undefined ? undefined : lockOf({ seconds: beyond }, 'seconds');
  if (min === undefined || max === undefined || lock === undefined) return null;
  const { tier } = lock;
  const upTo =
    tier === null
      ? t('lock.upToHere', { seconds: secondsShort(max) })
      : t('lock.upTo', { seconds: secondsShort(tier.grant.seconds.max), tier: tier.name });
  return { min, max, locked: inWords(view, secondsShort(beyond ?? max), lock), upTo };
}
