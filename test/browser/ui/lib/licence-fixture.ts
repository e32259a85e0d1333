import * as v from 'valibot';
import fiveTier from '../../../../license-api/policies/five-tier.json';
import flat from '../../../../license-api/policies/flat.json';
import { policySchema } from '../../../../src/contracts/licence/policy.ts';
import type { LicenceCommands, LicenceView } from '../../../../src/contracts/licence/view.ts';
import { locksOf, tierById } from '../../../../src/core/licence/access.ts';
import { quoteOf } from '../../../../src/core/licence/price.ts';

export const FIVE_TIER = v.parse(policySchema, fiveTier);
export const FLAT = v.parse(policySchema, flat);
/** A key whose check character is right. */
export const GOOD_KEY_BYTES = Uint8Array.from({ length: 15 }, (_, place) => place * 17);

/** A licence of a tier as the application would show it; prices and locks by the real rules. */
export function viewOf(
  tierId: string,
  available: number,
  change: Partial<LicenceView> = {},
  settings: { resolution: '480p' | '720p' | '1080p'; seconds: number } = { resolution: '720p', seconds: 6 },
): LicenceView {
  const policy = change.policy ?? FIVE_TIER;
  const tier = tierById(policy, tierId);
  const request = { mode: 'advanced', quality: 'standard', sound: false, ...settings } as const;
  const locks = locksOf(policy, tier, request);
  const day = 86_400_000;
  const now = Date.UTC(2026, 10, 21, 9, 30);
  const deviceId = '8f14e45f-ceea-467f-9a2b-1c5d2b7e9f01';
  return {
    status: 'active',
    steps: [],
    fault: null,
    policy,
    tier,
    grant: tier.grant,
    metered: true,
    hasApi: true,
    buyUrl: 'https://shop.example/tiers',
    endsAtMs: now + 14 * day,
    graceEndsAtMs: now + 17 * day,
    deviceThumbprint: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    deviceId,
    moments: { here: available / 2, reserved: 0, balance: available / 2, available },
    account: {
      keyHint: '7K2M',
      policy: policy.id,
      tier: tier.id,
      state: 'active',
      balance: available / 2,
      leased: available / 2,
      spent: tier.allowance.amount - available,
      allowance: tier.allowance.amount,
      period: { startMs: Date.UTC(2026, 10, 1), endMs: Date.UTC(2026, 11, 1) },
      devices: [
        {
          id: deviceId,
          name: 'My laptop',
          activatedAtMs: now - day,
          lastSeenAtMs: now,
          state: 'active',
          leased: available / 2,
        },
        {
          id: '8f14e45f-ceea-467f-9a2b-1c5d2b7e9f02',
          name: 'The phone in the kitchen',
          activatedAtMs: now - 3 * day,
          lastSeenAtMs: now - day,
          state: 'active',
          leased: 0,
        },
      ],
      history: [
        { atMs: now - day, kind: 'commit', amount: -600, device: 'My laptop' },
        { atMs: now - 20 * day, kind: 'grant', amount: tier.allowance.amount, device: null },
      ],
    },
    accountAtMs: now,
    history: [
      { atMs: now, kind: 'commit', amount: 600, jobId: 'a' },
      { atMs: now - 60_000, kind: 'reserve', amount: 600, jobId: 'a' },
      { atMs: now - 90_000, kind: 'lease', amount: available / 2, jobId: null },
    ],
    unsynced: 1,
    busy: null,
    error: null,
    quote: locks.length > 0 ? null : quoteOf(policy, tier, request, available),
    locks,
    ...change,
  };
}

/** Commands with nothing behind them: a list of what was asked. */
export class ListeningLicence implements LicenceCommands {
  readonly calls: [name: keyof LicenceCommands, ...args: unknown[]][] = [];
  readonly activate: LicenceCommands['activate'] = async (...args) => {
    this.calls.push(['activate', ...args]);
    return true;
  };
  readonly refresh: LicenceCommands['refresh'] = async () => {
    this.calls.push(['refresh']);
  };
  readonly deactivate: LicenceCommands['deactivate'] = async (deviceId) => {
    this.calls.push(['deactivate', deviceId]);
  };
  readonly acceptTokens: LicenceCommands['acceptTokens'] = async (tokens) => {
    this.calls.push(['acceptTokens', tokens]);
    return true;
  };
  readonly dismissError: LicenceCommands['dismissError'] = () => {
    this.calls.push(['dismissError']);
  };
}
