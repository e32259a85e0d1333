import type { ShownError } from '../../contracts/app.api.ts';
import type { Policy, Tier } from '../../contracts/licence/policy.ts';
import type { LicenceConfig, LicenceView } from '../../contracts/licence/view.ts';

const TIER: Tier = {
  id: 'unknown',
  name: '…',
  allowance: { amount: 0, every: 'once' },
  grant: {
    generate: false,
    qualities: [],
    modes: [],
    resolutions: [],
    seconds: { min: 0, max: 0 },
    sound: false,
  },
};

/** In place of a policy that nobody knows: one tier that may do nothing, and no price. Never kept, never signed for. */
export const UNKNOWN_POLICY: Policy = {
  id: 'unknown',
  version: 1,
  name: '…',
  unit: { one: 'Moment', other: 'Moments' },
  tiers: [TIER],
  prices: [],
  planner: [],
  calendar: 'utc-month',
  lease: { amount: 0, days: 1 },
  entitlementDays: 7,
  graceHours: 0,
  devices: 1,
};

/**
 * What shows of a licence of which nothing is known, so that it is never taken for none: nothing can be made, everything
 * can be watched.
 *
 * @param config null where the page's own can't be read.
 */
export function standInView(
  config: LicenceConfig | null,
  busy: LicenceView['busy'],
  error: ShownError | null,
): LicenceView {
  return {
    status: config === null ? 'misconfigured' : 'unknown',
    steps: [config === null ? 'tell-host' : 'connect'],
    fault: null,
    policy: UNKNOWN_POLICY,
    tier: TIER,
    grant: TIER.grant,
    metered: false,
    hasApi: config?.url !== undefined,
    buyUrl: config?.buyUrl ?? null,
    endsAtMs: null,
    graceEndsAtMs: null,
    deviceThumbprint: null,
    deviceId: null,
    moments: { here: 0, reserved: 0, balance: 0, available: 0 },
    account: null,
    accountAtMs: null,
    history: [],
    unsynced: 0,
    busy,
    error,
    quote: null,
    locks: [{ what: 'generate', tier: null }],
  };
}
