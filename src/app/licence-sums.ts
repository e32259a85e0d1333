/**
 * Sums that the interface does itself, in one place: what a mix costs, how many fit, what is locked, whether a typed
 * key can be one. Pure; it is fetched only where a page has a licence.
 */
export { locksOf } from '../core/licence/access.ts';
export { normaliseKey } from '../core/licence/key.ts';
export {
  howMany,
  PLAN_MAX,
  planMix,
  type Plan,
  type PlanLine,
  type PlanRange,
} from '../core/licence/planner.ts';
export { priceOf } from '../core/licence/price.ts';
