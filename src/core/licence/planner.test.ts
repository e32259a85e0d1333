import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import fiveTier from '../../../license-api/policies/five-tier.json' with { type: 'json' };
import flat from '../../../license-api/policies/flat.json' with { type: 'json' };
import premiumUltimate from '../../../license-api/policies/premium-ultimate.json' with { type: 'json' };
import { policySchema } from '../../contracts/licence/policy.ts';
import { PLAN_MAX, planMix } from './planner.ts';

const five = v.parse(policySchema, fiveTier);
const two = v.parse(policySchema, premiumUltimate);
const credits = v.parse(policySchema, flat);

describe('the planner', () => {
  it('has texts, images, voice and clips at their prices', () => {
    const { lines, total, remains, fits } = planMix(five, 1000, {});
    expect(lines.map(({ id, kind, each, count }) => [id, kind, each.min, each.max, count])).toEqual([
      ['text', 'item', 1, 2, 0],
      ['image', 'item', 25, 50, 0],
      ['voice', 'item', 100, 100, 0],
      ['short', 'clip', 50, 50, 0],
      ['full', 'clip', 600, 600, 0],
    ]);
    expect({ total, remains, fits }).toEqual({
      total: { min: 0, max: 0 },
      remains: { min: 1000, max: 1000 },
      fits: 'yes',
    });
    expect(lines.map(({ more }) => more)).toEqual([500, 20, 10, 20, 1]);
  });

  it('mixes them and says what remains', () => {
    const plan = planMix(five, 3000, { text: 100, image: 10, voice: 5, short: 4, full: 2 });
    expect(plan.lines.map(({ cost }) => [cost.min, cost.max])).toEqual([
      [100, 200],
      [250, 500],
      [500, 500],
      [200, 200],
      [1200, 1200],
    ]);
    expect(plan.total).toEqual({ min: 2250, max: 2600 });
    expect(plan.remains).toEqual({ min: 400, max: 750 });
    expect(plan.fits).toBe('yes');
    expect(plan.lines.map(({ more }) => more)).toEqual([200, 8, 4, 8, 0]);
  });

  it.each([
    [2600, 'yes'],
    [2599, 'perhaps'],
    [2250, 'perhaps'],
    [2249, 'no'],
    [0, 'no'],
    [-5, 'no'],
  ])('of %i for 2,250 to 2,600 says %s', (available, fits) => {
    expect(planMix(five, available, { text: 100, image: 10, voice: 5, short: 4, full: 2 }).fits).toBe(fits);
  });

  it('gives clips that are priced by the second from the shortest to the longest', () => {
    const { lines } = planMix(two, 0, {});
    expect(lines.find(({ id }) => id === '480p-silent')?.each).toEqual({ min: 80, max: 320 });
    expect(lines.find(({ id }) => id === '1080p-sound')?.each).toEqual({ min: 400, max: 1600 });
    expect(lines.find(({ id }) => id === 'legacy')?.each).toEqual({ min: 600, max: 600 });
    const short = two.prices.map((rule) => ({ ...rule, when: { ...rule.when, maxSeconds: 5 } }));
    const capped = planMix({ ...two, prices: short }, 0, {});
    expect(capped.lines.find(({ id }) => id === '480p-silent')?.each).toEqual({ min: 80, max: 120 });
  });

  it('mixes clips alone where a policy sells nothing else', () => {
    const plan = planMix(credits, 12_000_000, { clip: 100 });
    expect(plan.lines.map(({ id }) => id)).toEqual(['clip']);
    expect(plan.remains).toEqual({ min: 0, max: 0 });
    expect(plan.fits).toBe('yes');
  });

  it('has finite prices where no tier makes clips', () => {
    const tiers = two.tiers.map((tier) => ({ ...tier, grant: { ...tier.grant, generate: false } }));
    for (const { each } of planMix({ ...two, tiers }, 0, {}).lines) {
      expect(Number.isFinite(each.min) && Number.isFinite(each.max)).toBe(true);
    }
  });

  it('counts what is no count as none, rounds down, and stops at its most', () => {
    const counts = { text: -3, image: 2.9, voice: NaN, short: Infinity, full: 1e9, toString: 5, other: 7 };
    const plan = planMix(five, 1000, counts);
    expect(plan.lines.map(({ count }) => count)).toEqual([0, 2, 0, PLAN_MAX, PLAN_MAX]);
    expect(planMix({ ...five, planner: [] }, 0, {}).total).toEqual({ min: 0, max: 0 });
  });

  it('adds up for every mix', () => {
    const policies = fc.constantFrom(five, two, credits);
    fc.assert(
      fc.property(
        policies,
        fc.nat(1e8),
        fc.array(fc.nat(50), { maxLength: 16 }),
        (policy, available, many) => {
          const ids = planMix(policy, 0, {}).lines.map(({ id }) => id);
          const counts = Object.fromEntries(ids.map((id, i) => [id, many[i] ?? 0]));
          const plan = planMix(policy, available, counts);
          let [min, max] = [0, 0];
          for (const { count, each, cost } of plan.lines) {
            expect(cost).toEqual({ min: count * each.min, max: count * each.max });
            expect(each.min).toBeLessThanOrEqual(each.max);
            [min, max] = [min + cost.min, max + cost.max];
          }
          expect(plan.total).toEqual({ min, max });
          expect(plan.remains).toEqual({ min: available - max, max: available - min });
          expect(plan.fits).toBe(available >= max ? 'yes' : available >= min ? 'perhaps' : 'no');
          for (const { more, each } of plan.lines) {
            const room = Math.max(0, available - max);
            expect(more * each.max <= room && (more + 1) * each.max > room).toBe(true);
          }
        },
      ),
    );
  });
});
