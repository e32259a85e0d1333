import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import fiveTier from '../../../license-api/policies/five-tier.json' with { type: 'json' };
import flat from '../../../license-api/policies/flat.json' with { type: 'json' };
import premiumUltimate from '../../../license-api/policies/premium-ultimate.json' with { type: 'json' };
import {
  MODES,
  PRIVATE_GRANT,
  QUALITIES,
  policySchema,
  type Policy,
  type PriceRequest,
} from '../../contracts/licence/policy.ts';
import { RESOLUTIONS } from '../../contracts/settings.ts';
import { firstTier, locksOf, tierById } from './access.ts';
import { priceOf } from './price.ts';

const five = v.parse(policySchema, fiveTier);
const two = v.parse(policySchema, premiumUltimate);
const credits = v.parse(policySchema, flat);

const clip = (change: Partial<PriceRequest> = {}): PriceRequest => ({
  mode: 'advanced',
  resolution: '720p',
  quality: 'standard',
  sound: false,
  seconds: 4,
  ...change,
});

/** Locks as text: what, and the tier that has it. */
const locks = (policy: Policy, tier: string, change: Partial<PriceRequest> = {}): string[] =>
  locksOf(policy, tierById(policy, tier), clip(change)).map(
    ({ what, tier: least }) => `${what}: ${least?.id ?? 'none'}`,
  );

/** Every clip of whole and half seconds. */
const allClips: PriceRequest[] = MODES.flatMap((mode) =>
  RESOLUTIONS.flatMap((resolution) =>
    QUALITIES.flatMap((quality) =>
      [true, false].flatMap((sound) =>
        Array.from({ length: 31 }, (_, i) => ({ mode, resolution, quality, sound, seconds: 1 + i / 2 })),
      ),
    ),
  ),
);

describe('a tier', () => {
  it('is the first where none, or an unknown one, is named', () => {
    for (const policy of [five, two, credits]) {
      expect(tierById(policy, 'no-such-tier')).toBe(policy.tiers[0]);
      expect(tierById(policy, null)).toBe(firstTier(policy));
      for (const tier of policy.tiers) expect(tierById(policy, tier.id)).toBe(tier);
    }
  });

  it('is missing only from a policy that its schema refuses', () => {
    expect(() => firstTier({ ...five, tiers: [] })).toThrow(RangeError);
  });
});

describe('locks', () => {
  it.each([
    ['free', {}, ['generate: lite']],
    ['free', { quality: 'advanced' }, ['generate: lite', 'quality: premium']],
    ['lite', {}, []],
    ['lite', { quality: 'advanced' }, ['quality: premium']],
    ['plus', { quality: 'advanced' }, ['quality: premium']],
    ['premium', { quality: 'advanced' }, []],
    ['ultimate', { quality: 'advanced' }, []],
    ['ultimate', { mode: 'legacy' }, ['mode: none']],
    ['lite', { seconds: 2 }, ['seconds: none']],
    ['lite', { seconds: 16 }, ['seconds: none']],
    ['lite', { resolution: '1080p', sound: true, seconds: 15 }, []],
  ] as const)('five-tier, %s, %j: %j', (tier, change, expected) => {
    expect(locks(five, tier, change)).toEqual(expected);
  });

  it.each([
    ['free', {}, ['generate: premium']],
    ['premium', { quality: 'advanced', sound: true, resolution: '1080p', seconds: 15 }, []],
    ['premium', { mode: 'legacy', seconds: 8 }, []],
    ['premium', { mode: 'legacy', seconds: 9 }, ['seconds: none']],
    ['premium', { mode: 'legacy', resolution: '1080p' }, ['resolution: none']],
    ['premium', { mode: 'legacy', resolution: '480p', seconds: 15 }, ['resolution: none', 'seconds: none']],
    ['free', { mode: 'legacy', seconds: 9 }, ['generate: premium', 'seconds: none']],
  ] as const)('premium-ultimate, %s, %j: %j', (tier, change, expected) => {
    expect(locks(two, tier, change)).toEqual(expected);
  });

  it.each([
    ['none', {}, ['generate: subscriber']],
    ['subscriber', {}, []],
    ['subscriber', { sound: true }, ['sound: none']],
    ['subscriber', { resolution: '1080p' }, ['resolution: none']],
    ['subscriber', { seconds: 5.1 }, ['seconds: none']],
    [
      'subscriber',
      { mode: 'legacy', resolution: '480p', seconds: 8, sound: true },
      ['mode: none', 'resolution: none', 'seconds: none', 'sound: none'],
    ],
  ] as const)('flat, %s, %j: %j', (tier, change, expected) => {
    expect(locks(credits, tier, change)).toEqual(expected);
  });

  it('are empty exactly when the tier has all of a clip, and a price is for it', () => {
    let open = 0;
    for (const policy of [five, two, credits])
      for (const tier of policy.tiers)
        for (const request of allClips) {
          const { grant } = tier;
          const may =
            grant.generate &&
            grant.modes.includes(request.mode) &&
            grant.qualities.includes(request.quality) &&
            grant.resolutions.includes(request.resolution) &&
            request.seconds >= grant.seconds.min &&
            request.seconds <= grant.seconds.max &&
            (grant.sound || !request.sound) &&
            priceOf(policy, request) !== null;
          expect(locksOf(policy, tier, request).length === 0).toBe(may);
          if (may) open++;
        }
    expect(open).toBeGreaterThan(1000);
  });

  it('name a tier that really has what is locked, and no lesser one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(five, two, credits),
        fc.nat(8),
        fc.constantFrom(...allClips),
        (policy, place, request) => {
          const tier = tierById(policy, policy.tiers[place % policy.tiers.length]?.id);
          for (const { what, tier: least } of locksOf(policy, tier, request)) {
            const holders = policy.tiers.filter(
              (one) =>
                one.grant.generate && !locksOf(policy, one, request).some((lock) => lock.what === what),
            );
            expect(least?.id ?? null).toBe(holders[0]?.id ?? null);
          }
        },
      ),
    );
  });

  it('never name a tier that may make no clips', () => {
    const tiers = five.tiers.map((tier) =>
      tier.grant.generate ? tier : { ...tier, grant: { ...tier.grant, qualities: [...QUALITIES] } },
    );
    expect(locks({ ...five, tiers }, 'lite', { quality: 'advanced' })).toEqual(['quality: premium']);
  });

  it('don’t exist in private', () => {
    const [tier] = five.tiers;
    if (tier === undefined) throw new Error('five-tier has tiers');
    const open = { ...five, prices: [{ id: 'any', name: 'Any', when: {}, base: 0 }] };
    for (const request of allClips.filter(({ seconds }) => seconds >= 3 && seconds <= 15)) {
      expect(locksOf(open, { ...tier, grant: PRIVATE_GRANT }, request)).toEqual([]);
    }
  });
});
