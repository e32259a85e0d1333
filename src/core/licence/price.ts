import type { Policy, PriceRequest, PriceRule, Tier } from '../../contracts/licence/policy.ts';
import type { Quote } from '../../contracts/licence/quote.ts';

/** Whether a rule is for such a clip: every condition that it names holds. */
export function ruleFits(rule: PriceRule, request: PriceRequest): boolean {
  return mismatches(rule, request).length === 0;
}

/** What of a clip keeps a rule from being for it. */
export function mismatches(
  { when }: PriceRule,
  request: PriceRequest,
): ('mode' | 'quality' | 'resolution' | 'seconds' | 'sound')[] {
  const wrong: ReturnType<typeof mismatches> = [];
  if (when.mode !== undefined && when.mode !== request.mode) wrong.push('mode');
  if (when.quality !== undefined && when.quality !== request.quality) wrong.push('quality');
  if (when.resolution !== undefined && when.resolution !== request.resolution) wrong.push('resolution');
  if (when.maxSeconds !== undefined && !(request.seconds <= when.maxSeconds)) wrong.push('seconds');
  if (when.sound !== undefined && when.sound !== request.sound) wrong.push('sound');
  return wrong;
}

/** What a clip of so many seconds costs under a rule that is for it: each second that has begun counts whole. */
export function rulePrice(rule: PriceRule, seconds: number): number {
  return rule.base + (rule.perSecond ?? 0) * Math.ceil(seconds);
}

/** The first rule that is for a clip, and its price in Moments; null when none is: such a clip can't be made. */
export function priceOf(
  policy: Policy,
  request: PriceRequest,
): { readonly rule: PriceRule; readonly price: number } | null {
  const rule = policy.prices.find((one) => ruleFits(one, request));
  return rule === undefined ? null : { rule, price: rulePrice(rule, request.seconds) };
}

/**
 * How many at a price can be paid: floor(available ÷ price), never below 0. Infinity at a price of 0.
 */
export function howMany(available: number, price: number): number {
  if (price <= 0) return Infinity;
  return Math.max(0, Math.floor(available / price));
}

/** The same clip, only as short as the policy's cheap first try; null when that isn't shorter and cheaper. */
function shortOf(policy: Policy, tier: Tier, request: PriceRequest, price: number): Quote['short'] {
  const rule = policy.prices.find((one) => one.id === policy.shortPrice);
  if (rule === undefined) return null;
  const { min, max } = tier.grant.seconds;
  const seconds = Math.min(rule.when.maxSeconds ?? min, max);
  if (seconds < min || seconds >= request.seconds) return null;
  const short = priceOf(policy, { ...request, seconds });
  if (short === null || short.price >= price) return null;
  return { price: short.price, seconds, saves: 1 - short.price / price };
}

/**
 * What a clip costs and what that means for what is there (T3).
 *
 * @param available Moments that could be spent.
 * @returns null when no price is for such a clip. Whether the tier may make it is `locksOf`'s to say.
 */
export function quoteOf(policy: Policy, tier: Tier, request: PriceRequest, available: number): Quote | null {
  const found = priceOf(policy, request);
  if (found === null) return null;
  const { rule, price } = found;
  const allowance = tier.allowance.amount;
  return {
    request,
    name: rule.name,
    price,
    share: allowance === 0 ? null : price / allowance,
    left: available - price,
    more: howMany(available, price),
    affordable: price <= available,
    short: shortOf(policy, tier, request, price),
  };
}
