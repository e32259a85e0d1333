import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import fiveTier from '../../../license-api/policies/five-tier.json' with { type: 'json' };
import flat from '../../../license-api/policies/flat.json' with { type: 'json' };
import premiumUltimate from '../../../license-api/policies/premium-ultimate.json' with { type: 'json' };
import { MODES, QUALITIES, policySchema, type PriceRequest } from '../../contracts/licence/policy.ts';
import { RESOLUTIONS } from '../../contracts/settings.ts';
import { tierById } from './access.ts';
import { howMany, priceOf, quoteOf } from './price.ts';

const five = v.parse(policySchema, fiveTier);
const two = v.parse(policySchema, premiumUltimate);
const credits = v.parse(policySchema, flat);

const clip = (change: Partial<PriceRequest> = {}): PriceRequest => ({
  mode: 'advanced',
  resolution: '720p',
  quality: 'standard',
  sound: false,
  seconds: 5,
  ...change,
});

const anyClip = fc.record({
  mode: fc.constantFrom(...MODES),
  resolution: fc.constantFrom(...RESOLUTIONS),
  quality: fc.constantFrom(...QUALITIES),
  sound: fc.boolean(),
  seconds: fc.integer({ min: 30, max: 150 }).map((tenths) => tenths / 10),
});

describe('the ready policies', () => {
  it('each hold what their schema asks, under their own file name', () => {
    expect([five.id, two.id, credits.id]).toEqual(['five-tier', 'premium-ultimate', 'flat']);
  });

  it.each([
    ['free', 200, 'once', false, false],
    ['lite', 1000, 'month', true, false],
    ['plus', 3000, 'month', true, false],
    ['premium', 8000, 'month', true, true],
    ['ultimate', 15000, 'month', true, true],
  ] as const)(
    'five-tier: %s gets %i (%s), makes clips: %s, better model: %s',
    (id, amount, every, makes, better) => {
      const tier = tierById(five, id);
      expect(tier.id).toBe(id);
      expect(tier.allowance).toEqual({ amount, every });
      expect(tier.grant.generate).toBe(makes);
      expect(tier.grant.generate && tier.grant.qualities.includes('advanced')).toBe(better);
    },
  );

  it('have a lease that can pay the dearest clip of any tier', () => {
    for (const policy of [five, two, credits]) {
      for (const { grant } of policy.tiers) {
        for (const mode of grant.modes)
          for (const resolution of grant.resolutions)
            for (const quality of grant.qualities)
              for (const sound of grant.sound ? [true, false] : [false]) {
                const found = priceOf(policy, {
                  mode,
                  resolution,
                  quality,
                  sound,
                  seconds: grant.seconds.max,
                });
                expect(found?.price ?? 0).toBeLessThanOrEqual(policy.lease.amount);
              }
      }
    }
  });

  it.each([
    ['an id twice among tiers', { tiers: [five.tiers[0], five.tiers[0]] }],
    ['an id twice among prices', { prices: [five.prices[0], five.prices[0]], fullPrice: undefined }],
    ['a planner item with the id of a price', { planner: [{ ...five.planner[0], id: 'short' }] }],
    ['a short price that isn’t there', { shortPrice: 'shorter' }],
    ['no tier', { tiers: [] }],
    ['no price', { prices: [], shortPrice: undefined, fullPrice: undefined }],
    ['a price in fractions', { prices: [{ ...five.prices[0], base: 0.5 }] }],
    ['a price below 0', { prices: [{ ...five.prices[0], base: -1 }] }],
    ['a field too many', { extra: 1 }],
    ['an entitlement of six days', { entitlementDays: 6 }],
    ['an entitlement of 31 days', { entitlementDays: 31 }],
    ['another calendar', { calendar: 'moon' }],
  ])('a policy with %s is refused', (_what, change) => {
    expect(v.safeParse(policySchema, five).success).toBe(true);
    expect(v.safeParse(policySchema, { ...five, ...change }).success).toBe(false);
  });
});

describe('prices', () => {
  it.each([
    [3, 'short', 50],
    [2.5, 'short', 50],
    [3.01, 'full', 600],
    [15, 'full', 600],
  ])('five-tier: %d s is a %s clip at %i, whatever else', (seconds, id, price) => {
    for (const resolution of RESOLUTIONS)
      for (const sound of [true, false])
        for (const quality of QUALITIES) {
          const found = priceOf(five, clip({ seconds, resolution, sound, quality }));
          expect([found?.rule.id, found?.price]).toEqual([id, price]);
        }
  });

  it.each([
    ['480p', false, 3, 80],
    ['480p', true, 3, 115],
    ['720p', false, 5, 240],
    ['720p', true, 5, 310],
    ['720p', true, 5.01, 360],
    ['1080p', false, 10, 880],
    ['1080p', true, 15, 1600],
  ] as const)('premium-ultimate: %s, sound %s, %d s costs %i', (resolution, sound, seconds, price) => {
    for (const quality of QUALITIES) {
      expect(priceOf(two, clip({ resolution, sound, seconds, quality }))?.price).toBe(price);
    }
  });

  it('premium-ultimate: legacy is 600 at 720p up to 8 s, and nothing else', () => {
    for (const resolution of RESOLUTIONS)
      for (const sound of [true, false])
        for (let seconds = 3; seconds <= 15; seconds += 0.5) {
          const found = priceOf(two, clip({ mode: 'legacy', resolution, sound, seconds }));
          expect(found?.price ?? null).toBe(resolution === '720p' && seconds <= 8 ? 600 : null);
        }
  });

  it('flat: 120,000 for a silent clip of 720p up to 5 s, and nothing else', () => {
    fc.assert(
      fc.property(anyClip, (request) => {
        const fits =
          request.mode === 'advanced' &&
          request.resolution === '720p' &&
          !request.sound &&
          request.seconds <= 5;
        expect(priceOf(credits, request)?.price ?? null).toBe(fits ? 120_000 : null);
      }),
    );
  });

  it('are whole, never negative, and never fall with the length', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(five, two, credits),
        anyClip,
        fc.integer({ min: 0, max: 100 }),
        (policy, request, tenths) => {
          const found = priceOf(policy, request);
          const longer = priceOf(policy, { ...request, seconds: request.seconds + tenths / 10 });
          if (found === null) return;
          expect(Number.isSafeInteger(found.price) && found.price >= 0).toBe(true);
          if (longer !== null) expect(longer.price).toBeGreaterThanOrEqual(found.price);
        },
      ),
    );
  });

  it('take the first rule that fits', () => {
    const [short, full] = five.prices;
    if (short === undefined || full === undefined) throw new Error('five-tier has two prices');
    expect(priceOf({ ...five, prices: [full, short] }, clip({ seconds: 3 }))?.rule.id).toBe('full');
  });

  it('don’t exist for a length that is no number', () => {
    expect(priceOf({ ...five, prices: five.prices.slice(0, 1) }, clip({ seconds: NaN }))).toBeNull();
  });
});

describe('a quote', () => {
  // T3, word for word: what a whole month’s allowance holds.
  it.each([
    ['lite', 1, 20],
    ['plus', 5, 60],
    ['premium', 13, 160],
    ['ultimate', 25, 300],
  ])('says that %s holds %i full clips or %i short ones', (id, full, short) => {
    const tier = tierById(five, id);
    const balance = tier.allowance.amount;
    expect(quoteOf(five, tier, clip({ seconds: 10 }), balance)?.more).toBe(full);
    expect(quoteOf(five, tier, clip({ seconds: 3 }), balance)?.more).toBe(short);
    expect(howMany(balance, 600)).toBe(full);
    expect(howMany(balance, 50)).toBe(short);
  });

  it('has all of T3', () => {
    const quote = quoteOf(five, tierById(five, 'plus'), clip({ seconds: 10 }), 2000);
    expect(quote).toEqual({
      request: clip({ seconds: 10 }),
      name: 'Full clip',
      price: 600,
      share: 0.2,
      left: 1400,
      more: 3,
      affordable: true,
      short: { price: 50, seconds: 3, saves: 1 - 50 / 600 },
    });
    expect(Math.round((quote?.short?.saves ?? 0) * 100)).toBe(92);
  });

  it('says so when it can’t be paid', () => {
    const tier = tierById(five, 'lite');
    expect(quoteOf(five, tier, clip(), 599)).toMatchObject({ left: -1, more: 0, affordable: false });
    expect(quoteOf(five, tier, clip(), 600)).toMatchObject({ left: 0, more: 1, affordable: true });
    expect(quoteOf(five, tier, clip(), 0)).toMatchObject({ left: -600, more: 0, affordable: false });
    // A device may have spent offline what had come back meanwhile.
    expect(quoteOf(five, tier, clip(), -100)).toMatchObject({ left: -700, more: 0, affordable: false });
  });

  it('has no share of an allowance of nothing', () => {
    expect(quoteOf(two, tierById(two, 'free'), clip(), 0)?.share).toBeNull();
  });

  it('offers no short clip where that isn’t shorter and cheaper', () => {
    expect(quoteOf(five, tierById(five, 'lite'), clip({ seconds: 3 }), 1000)?.short).toBeNull();
    expect(quoteOf(credits, tierById(credits, 'subscriber'), clip(), 1e6)?.short).toBeNull();
    const same = { ...five, prices: five.prices.map((rule) => ({ ...rule, base: 600 })) };
    expect(quoteOf(same, tierById(same, 'lite'), clip({ seconds: 10 }), 1000)?.short).toBeNull();
    const lite = tierById(five, 'lite');
    const longOnly = { ...lite, grant: { ...lite.grant, seconds: { min: 5, max: 15 } } };
    expect(quoteOf(five, longOnly, clip({ seconds: 10 }), 1000)?.short).toBeNull();
  });

  it('offers no longer clip, even where that is cheaper', () => {
    const dear = { id: 'tiny', name: 'Tiny clip', when: { maxSeconds: 2 }, base: 900 };
    const lite = tierById(five, 'lite');
    const any = { ...lite, grant: { ...lite.grant, seconds: { min: 1, max: 15 } } };
    const odd = { ...five, prices: [dear, ...five.prices] };
    expect(quoteOf(odd, any, clip({ seconds: 2 }), 1000)).toMatchObject({ price: 900, short: null });
  });

  it('offers the same clip as short as the tier makes it where seconds are priced', () => {
    const quote = quoteOf(two, tierById(two, 'premium'), clip({ seconds: 10, resolution: '1080p' }), 8000);
    expect(quote?.price).toBe(880);
    expect(quote?.short).toEqual({ price: 320, seconds: 3, saves: 1 - 320 / 880 });
  });

  it('isn’t made for a clip without a price', () => {
    expect(quoteOf(credits, tierById(credits, 'subscriber'), clip({ sound: true }), 1e9)).toBeNull();
  });

  it('adds up for every clip and every amount', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(five, two, credits),
        anyClip,
        fc.nat(20_000_000),
        fc.nat(8),
        (policy, request, available, place) => {
          const tier = tierById(policy, policy.tiers[place % policy.tiers.length]?.id);
          const quote = quoteOf(policy, tier, request, available);
          if (quote === null) return;
          expect(quote.left + quote.price).toBe(available);
          expect(quote.affordable).toBe(quote.more >= 1);
          expect(quote.more * quote.price).toBeLessThanOrEqual(available);
          expect((quote.more + 1) * quote.price).toBeGreaterThan(available);
          if (quote.short !== null) {
            expect(quote.short.saves).toBeGreaterThan(0);
            expect(quote.short.seconds).toBeLessThan(request.seconds);
            expect(priceOf(policy, { ...request, seconds: quote.short.seconds })?.price).toBe(
              quote.short.price,
            );
          }
        },
      ),
    );
  });

  it('of what costs nothing fits without end', () => {
    expect(howMany(0, 0)).toBe(Infinity);
  });
});
