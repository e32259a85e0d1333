import type { ShownError } from '../app.api.ts';
import type { Account } from './api.ts';
import type { Jwks } from './api.ts';
import type { Grant, Policy, Tier } from './policy.ts';
import type { LicenceStatus, LicenceStep, Lock, Quote } from './quote.ts';

/** Where a page's tiers come from. Left out altogether: private, everything unlocked, nothing metered. */
export interface LicenceConfig {
  /** Who may sign entitlements and leases. */
  readonly issuer: string;
  /** Public keys that are trusted, by `kid`; a token signed by any other is refused. Two during a rotation. */
  readonly keys: Jwks['keys'];
  /** Address of the licence API; left out where a host mints entitlements itself and hands them over. */
  readonly url?: string;
  /** The policy of a host without an API. */
  readonly policy?: Policy;
  /** Where a person gets a tier; shown as a link on the account page. */
  readonly buyUrl?: string;
}

export type { LicenceStatus, LicenceStep, Lock, Quote } from './quote.ts';

/** One entry of this device's ledger, for people. */
export interface HistoryLine {
  /** By the device's clock, milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: 'reserve' | 'commit' | 'release' | 'lease' | 'return';
  /**
   * How much, never below 0: the kind says which way it goes. `lease` and `release` add to what is free here, `reserve`
   * and `return` take from it, `commit` spends what was set aside. (Lines of {@link Account.history} are changes of the
   * licence's balance instead, and have a sign.)
   */
  readonly amount: number;
  readonly jobId: string | null;
}

/** Tiers and Moments as the interface shows them. */
export interface LicenceView {
  readonly status: LicenceStatus;
  /** What a person can do about the status, most useful first; empty when nothing needs doing. */
  readonly steps: readonly LicenceStep[];
  /**
   * What is wrong with this device's ledger: changed on this device, another history known to the API (a copy was
   * restored), or entries that the API refused. Null when nothing is.
   */
  readonly fault: 'damaged' | 'forked' | 'refused' | null;
  /** While the status is `unknown` or `misconfigured` a stand-in without prices whose one tier may do nothing. */
  readonly policy: Policy;
  /** In force now. */
  readonly tier: Tier;
  readonly grant: Grant;
  /** False where a host counts by itself. */
  readonly metered: boolean;
  /** Whether there is an API to activate and refresh with. */
  readonly hasApi: boolean;
  readonly buyUrl: string | null;
  /** When the entitlement ends, and its grace; null without one. */
  readonly endsAtMs: number | null;
  readonly graceEndsAtMs: number | null;
  /** This device's thumbprint, which a host needs to mint an entitlement; null until the key is made. */
  readonly deviceThumbprint: string | null;
  readonly deviceId: string | null;
  /** What could be spent: on this device, reserved by its jobs, and what the licence had when last asked. */
  readonly moments: {
    /** On this device and free, offline too. */
    readonly here: number;
    /** Set aside by jobs that wait or run. */
    readonly reserved: number;
    /** Balance of the licence beyond all leases, when last asked. */
    readonly balance: number;
    /** here + max(0, balance): what quotes count with. */
    readonly available: number;
  };
  /** As the server last told it; null without one. */
  readonly account: Account | null;
  readonly accountAtMs: number | null;
  /** This device's ledger, newest first, at most 100 lines. */
  readonly history: readonly HistoryLine[];
  /** Entries that the server hasn't seen yet. */
  readonly unsynced: number;
  readonly busy: 'activate' | 'refresh' | 'deactivate' | 'lease' | null;
  readonly error: ShownError | null;
  /** What the present settings cost; null when the tier can't make them, or nothing is metered. */
  readonly quote: Quote | null;
  /** Why the present settings can't be made, most important first; empty when they can. */
  readonly locks: readonly Lock[];
}

/** What the interface can ask of the licence. Failures go into {@link LicenceView.error}; nothing rejects. */
export interface LicenceCommands {
  /** Tries a key that a person typed; spaces, case and the letters O, I, L are forgiven. Resolves to whether it held. */
  activate(key: string, deviceName: string): Promise<boolean>;
  refresh(): Promise<void>;
  /** This device, or another of the same licence. Clips stay. */
  deactivate(deviceId?: string): Promise<void>;
  /** Takes an entitlement, and leases, that a host minted. Resolves to whether they held. */
  acceptTokens(tokens: {
    readonly entitlement?: string;
    readonly leases?: readonly string[];
  }): Promise<boolean>;
  dismissError(): void;
}
