import type { PlanItem, Policy } from '../../contracts/licence/policy.ts';
import { howMany, rulePrice } from './price.ts';

export { howMany } from './price.ts';

/** Most of one thing that a plan counts. */
export const PLAN_MAX = 9999;

/** Cheapest and dearest, in Moments. */
export interface PlanRange {
  readonly min: number;
  readonly max: number;
}

/** One kind of thing in a plan. */
export interface PlanLine {
  /** Of the policy's planner item, or of its price. */
  readonly id: string;
  readonly kind: 'item' | 'clip';
  readonly name: PlanItem['name'];
  /** How many, 0 to {@link PLAN_MAX}. */
  readonly count: number;
  /** Cost of one. A clip that is priced by the second: of the shortest and the longest that any tier makes. */
  readonly each: PlanRange;
  readonly cost: PlanRange;
  /** How many more surely fit beside the whole plan, each at its dearest. Infinity for what costs nothing. */
  readonly more: number;
}

/** A mix of things and what it comes to (T3). */
export interface Plan {
  /** The policy's items, then its clips, also those of which there are none in the plan. */
  readonly lines: readonly PlanLine[];
  readonly total: PlanRange;
  /** What is left: `min` when all is at its dearest, `max` when all is at its cheapest; below 0 when it isn't enough. */
  readonly remains: PlanRange;
  /** `yes`: also at its dearest. `perhaps`: at its cheapest only. */
  readonly fits: 'yes' | 'perhaps' | 'no';
}

/** A whole number of things; what is none counts as 0. */
function countOf(value: number | undefined): number {
  if (value === undefined || Number.isNaN(value)) return 0;
  return Math.min(PLAN_MAX, Math.max(0, Math.floor(value)));
}

/** What the policy sells: items, then clips. */
function goodsOf(policy: Policy): Pick<PlanLine, 'id' | 'kind' | 'name' | 'each'>[] {
  const makers = policy.tiers.filter((tier) => tier.grant.generate).map((tier) => tier.grant.seconds);
  const shortest = Math.min(...makers.map((seconds) => seconds.min));
  const longest = Math.max(...makers.map((seconds) => seconds.max));
  const items = policy.planner.map(({ id, name, min, max }) => ({
    id,
    kind: 'item' as const,
    name,
    each: { min: Math.min(min, max), max: Math.max(min, max) },
  }));
  const clips = policy.prices.map((rule) => {
    const max = Math.min(rule.when.maxSeconds ?? Infinity, longest);
    return {
      id: rule.id,
      kind: 'clip' as const,
      name: { one: rule.name, other: rule.name },
      each:
        makers.length === 0 || rule.perSecond === undefined
          ? { min: rule.base, max: rule.base }
          : { min: rulePrice(rule, Math.min(shortest, max)), max: rulePrice(rule, max) },
    };
  });
  return [...items, ...clips];
}

/**
 * Mixes what a policy sells and says what remains.
 *
 * @param available Moments that could be spent.
 * @param counts how many, by the id of a planner item or a price; ids that the policy lacks are passed over, fractions
 *   are rounded down, more than {@link PLAN_MAX} is {@link PLAN_MAX}, what is no number is none.
 */
export function planMix(policy: Policy, available: number, counts: Readonly<Record<string, number>>): Plan {
  const goods = goodsOf(policy).map((good) => {
    const count = countOf(Object.hasOwn(counts, good.id) ? counts[good.id] : undefined);
    return { ...good, count, cost: { min: count * good.each.min, max: count * good.each.max } };
  });
  const total = goods.reduce<PlanRange>(
    (sum, { cost }) => ({ min: sum.min + cost.min, max: sum.max + cost.max }),
    { min: 0, max: 0 },
  );
  const remains = { min: available - total.max, max: available - total.min };
  return {
    lines: goods.map((good) => ({ ...good, more: howMany(remains.min, good.each.max) })),
    total,
    remains,
    fits: remains.min >= 0 ? 'yes' : remains.max >= 0 ? 'perhaps' : 'no',
  };
}
