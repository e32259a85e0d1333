import * as v from 'valibot';
import { RESOLUTIONS } from '../settings.ts';

/** Name of a policy, a tier, a mode: short, stable, safe in a path and a log. */
export const nameSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,63}$/));
/** An amount of Moments: a whole number, never negative. The largest is far below what a double holds exactly. */
export const amountSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1e12));
const wordsSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(80));

/** Content modes that have a price of their own (S1). */
export const MODES = ['advanced', 'legacy'] as const;
export type Mode = (typeof MODES)[number];

/** Quality of a pack, as its manifest says. */
export const QUALITIES = ['standard', 'advanced'] as const;
export type Quality = (typeof QUALITIES)[number];

/** What a tier may do. A choice outside it is shown, locked, with the tier that has it. */
export const grantSchema = v.strictObject({
  /** Whether clips may be made at all. Watching, exporting and keeping always may (T2). */
  generate: v.boolean(),
  qualities: v.array(v.picklist(QUALITIES)),
  modes: v.array(v.picklist(MODES)),
  resolutions: v.array(v.picklist(RESOLUTIONS)),
  /** Lengths in seconds, both ends included. */
  seconds: v.strictObject({ min: v.pipe(v.number(), v.minValue(0)), max: v.pipe(v.number(), v.minValue(0)) }),
  sound: v.boolean(),
});
export type Grant = v.InferOutput<typeof grantSchema>;

/** What a tier gets, and when again. */
export const allowanceSchema = v.strictObject({
  amount: amountSchema,
  /**
   * `once`: when the licence begins, never again. `month`: at the beginning of each period; what is left of the last
   * one lapses.
   */
  every: v.picklist(['once', 'month']),
});
export type Allowance = v.InferOutput<typeof allowanceSchema>;

export const tierSchema = v.strictObject({
  id: nameSchema,
  name: wordsSchema,
  allowance: allowanceSchema,
  grant: grantSchema,
});
export type Tier = v.InferOutput<typeof tierSchema>;

/** A price and the clips that it is for; a condition that is left out holds for every clip. */
export const priceRuleSchema = v.strictObject({
  id: nameSchema,
  /** What a person calls such a clip, e.g. “Short clip”. */
  name: wordsSchema,
  when: v.strictObject({
    mode: v.optional(v.picklist(MODES)),
    resolution: v.optional(v.picklist(RESOLUTIONS)),
    quality: v.optional(v.picklist(QUALITIES)),
    sound: v.optional(v.boolean()),
    /** Longest clip in seconds that the rule is for. */
    maxSeconds: v.optional(v.pipe(v.number(), v.minValue(0))),
  }),
  /** Price of a whole clip. */
  base: amountSchema,
  /** Added for each second that has begun. */
  perSecond: v.optional(amountSchema),
});
export type PriceRule = v.InferOutput<typeof priceRuleSchema>;

/** Price of what a host sells beside clips; the planner mixes these (T3). */
export const planItemSchema = v.strictObject({
  id: nameSchema,
  name: v.strictObject({ one: wordsSchema, other: wordsSchema }),
  /** Cheapest and dearest of one. */
  min: amountSchema,
  max: amountSchema,
});
export type PlanItem = v.InferOutput<typeof planItemSchema>;

/** Tiers, what each may do, allowances and prices: all of it data (T1). */
export const policySchema = v.pipe(
  v.strictObject({
    id: nameSchema,
    version: v.pipe(v.number(), v.integer(), v.minValue(1)),
    name: wordsSchema,
    /** What amounts are called. */
    unit: v.strictObject({ one: wordsSchema, other: wordsSchema }),
    /** From the least to the most; a licence that ended, or none at all, has the first. */
    tiers: v.pipe(v.array(tierSchema), v.minLength(1), v.maxLength(16)),
    /** The first rule that fits a clip says its price; a clip that none fits can't be made. */
    prices: v.pipe(v.array(priceRuleSchema), v.minLength(1), v.maxLength(64)),
    /** The rule of a cheap first try, and that of a whole clip (T3). */
    shortPrice: v.optional(nameSchema),
    fullPrice: v.optional(nameSchema),
    planner: v.array(planItemSchema),
    /** When months begin: on the first day in UTC, or on the day when the licence began. */
    calendar: v.picklist(['utc-month', 'anniversary']),
    /** Most that one device may hold reserved for itself, and for how many days. */
    lease: v.strictObject({
      amount: amountSchema,
      days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(30)),
    }),
    /** Days for which an entitlement holds without a refresh. */
    entitlementDays: v.pipe(v.number(), v.integer(), v.minValue(7), v.maxValue(30)),
    /** Hours after its end during which everything still works. */
    graceHours: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(720)),
    /** Devices that a licence may be active on at once. */
    devices: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
  }),
  v.check(
    (policy) => new Set(policy.tiers.map((tier) => tier.id)).size === policy.tiers.length,
    'tiers have ids of their own',
  ),
  v.check(
    ({ prices, planner }) =>
      new Set([...prices, ...planner].map(({ id }) => id)).size === prices.length + planner.length,
    'prices and planner items have ids of their own',
  ),
  v.check(
    ({ prices, shortPrice, fullPrice }) =>
      [shortPrice, fullPrice].every((id) => id === undefined || prices.some((rule) => rule.id === id)),
    'the short and the full price are prices of the policy',
  ),
);
export type Policy = v.InferOutput<typeof policySchema>;

/** What a price depends on. */
export interface PriceRequest {
  readonly mode: Mode;
  readonly resolution: (typeof RESOLUTIONS)[number];
  readonly quality: Quality;
  readonly sound: boolean;
  readonly seconds: number;
}

/** The grant where there is no licence API: everything, nothing metered. */
export const PRIVATE_GRANT: Grant = {
  generate: true,
  qualities: [...QUALITIES],
  modes: [...MODES],
  resolutions: [...RESOLUTIONS],
  seconds: { min: 3, max: 15 },
  sound: true,
};
