import type { Grant, Policy, PriceRequest, Tier } from '../../contracts/licence/policy.ts';
import type { Lock } from '../../contracts/licence/quote.ts';
import { mismatches, priceOf } from './price.ts';

/**
 * The tier of a licence that ended, and of no licence at all.
 *
 * @throws RangeError for a policy without tiers, which its schema refuses.
 */
export function firstTier(policy: Policy): Tier {
  const tier = policy.tiers[0];
  if (tier === undefined) throw new RangeError(`policy ${policy.id} has no tier`);
  return tier;
}

/** The tier of that name; the first one when the policy knows none of that name, or none is named. */
export function tierById(policy: Policy, id: string | null | undefined): Tier {
  return policy.tiers.find((tier) => tier.id === id) ?? firstTier(policy);
}

/** What a choice can be locked by, most important first. */
const ORDER = ['generate', 'mode', 'quality', 'resolution', 'seconds', 'sound'] as const;

const has: Readonly<Record<Lock['what'], (grant: Grant, request: PriceRequest) => boolean>> = {
  generate: (grant) => grant.generate,
  mode: (grant, { mode }) => grant.modes.includes(mode),
  quality: (grant, { quality }) => grant.qualities.includes(quality),
  resolution: (grant, { resolution }) => grant.resolutions.includes(resolution),
  seconds: (grant, { seconds }) => seconds >= grant.seconds.min && seconds <= grant.seconds.max,
  sound: (grant, { sound }) => grant.sound || !sound,
};

/** The least tier that may make clips and has the choice. */
function tierWith(policy: Policy, what: Lock['what'], request: PriceRequest): Tier | null {
  return policy.tiers.find(({ grant }) => grant.generate && has[what](grant, request)) ?? null;
}

/** Where no price is for a clip: what keeps it from the price that is nearest to it. */
function unpriced(policy: Policy, request: PriceRequest): readonly Lock['what'][] {
  if (priceOf(policy, request) !== null) return [];
  // A price of the same mode is nearer than any other.
  const far = (wrong: readonly Lock['what'][]): number => wrong.length + (wrong.includes('mode') ? 5 : 0);
  const [nearest = []] = policy.prices
    .map((rule) => mismatches(rule, request))
    .sort((a, b) => far(a) - far(b));
  return nearest;
}

/**
 * Why a tier can't make a clip, most important first: what it lacks, each with the least tier that has it, or null when
 * none has. A clip that no tier can make because no price is for it is locked at what keeps it from the nearest price.
 * Empty exactly when the tier may make it and it has a price.
 */
export function locksOf(policy: Policy, tier: Tier, request: PriceRequest): Lock[] {
  const nowhere = unpriced(policy, request);
  return ORDER.flatMap((what): Lock[] => {
    if (nowhere.some((one) => one === what)) return [{ what, tier: null }];
    return has[what](tier.grant, request) ? [] : [{ what, tier: tierWith(policy, what, request) }];
  });
}
