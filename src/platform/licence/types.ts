import type { ErrorCode } from '../../contracts/errors.ts';
import type { Account } from '../../contracts/licence/api.ts';
import type { LedgerState } from '../../contracts/licence/ledger.ts';
import type { Policy } from '../../contracts/licence/policy.ts';
import type { EntitlementClaims } from '../../contracts/licence/tokens.ts';
import type { LicenceConfig } from '../../contracts/licence/view.ts';
import type { LicenceStatus } from '../../contracts/licence/quote.ts';
import type { Store, WalletRow } from '../store/store.ts';

export interface WalletOptions {
  readonly config: LicenceConfig;
  /** Not owned: {@link Wallet.close} leaves it open. */
  readonly store: Pick<
    Store,
    'wallet' | 'changeWallet' | 'appendLedger' | 'ledgerEntries' | 'onWalletChange'
  >;
  /** Origin of the page. */
  readonly origin: string;
  /** The browser's own when left out. */
  readonly fetch?: (input: string, init: RequestInit) => Promise<Response>;
  /** The machine's clock, milliseconds since 1970. */
  readonly now?: () => number;
  /** Makes the device's key; the browser's own when left out. */
  readonly subtle?: SubtleCrypto;
  /** How long one request may take, milliseconds. */
  readonly timeoutMs?: number;
  /** Pauses before further tries when the network fails, milliseconds. */
  readonly pausesMs?: readonly number[];
}

/** What is known on this device. Immutable; a new object at each change. */
export interface WalletSnapshot {
  /** A fault of the ledger comes before everything that the entitlement says. */
  readonly status: LicenceStatus;
  /** Why the stored entitlement was refused altogether; null when it wasn't, or there is none. */
  readonly refused: ErrorCode | null;
  /** Verified claims; null without an entitlement that holds for this device. */
  readonly claims: EntitlementClaims | null;
  /** Of a licence's service, or of the host's configuration; null until one of them is known. */
  readonly policy: Policy | null;
  /** Tier of the entitlement while it is active or in its grace; null: the policy's first one. */
  readonly tierId: string | null;
  readonly metered: boolean;
  readonly endsAtMs: number | null;
  readonly graceEndsAtMs: number | null;
  readonly ledger: LedgerState | null;
  /** Whether the ledger may be spent from: no fault, the clock goes forward, the entitlement holds. */
  readonly spendable: boolean;
  readonly account: Account | null;
  readonly accountAtMs: number | null;
  readonly keyHint: string | null;
  /** Entries that the server hasn't seen yet. */
  readonly unsynced: number;
  readonly thumbprint: string | null;
  readonly deviceId: string | null;
  readonly fault: WalletRow['fault'];
  /** The service signs with a key that this page doesn't know: it was loaded before the key was published. */
  readonly outdated: boolean;
}

/**
 * This device's side of the licence. Every method that asks the service may throw ERR_LICENCE_OFFLINE, ERR_LICENCE_RATE
 * and ERR_LICENCE_FAILED; where the configuration names no service they throw ERR_LICENCE_OFFLINE.
 */
export interface Wallet {
  /** Reads the wallet, makes the device's key when there is none, and verifies tokens and ledger. Asks nobody. */
  load(): Promise<WalletSnapshot>;
  snapshot(): WalletSnapshot;
  /** Calls back after each change, of other tabs too; returns the call that ends it. */
  subscribe(listener: (snapshot: WalletSnapshot) => void): () => void;
  /** Corrected time in seconds. */
  nowS(): number;
  /** Keeps the latest time that was seen, so that a clock that is set back later is noticed after a reload too. */
  keepTime(): Promise<void>;
  /** The policy by `GET /v1/policy`, without a key; null where there is no service. */
  fetchPolicy(): Promise<Policy | null>;
  /** @throws ERR_LICENCE_KEY, ERR_LICENCE_DEVICES_FULL, ERR_LICENCE_TOKEN, ERR_LICENCE_ORIGIN */
  activate(key: string, name: string): Promise<WalletSnapshot>;
  /**
   * A new entitlement, the account, the clock and the revocations. An answer that can't be used changes nothing.
   *
   * @throws ERR_LICENCE_DEVICE when the service no longer counts this device to a licence that holds: what it holds is
   * given back, and the first tier is in force from then on.
   * @throws ERR_LICENCE_TOKEN
   */
  refresh(): Promise<WalletSnapshot>;
  /** Takes in the service's signed list of revocations; one that isn't signed right changes nothing. */
  checkRevocations(): Promise<WalletSnapshot>;
  /**
   * Sees to it that so many Moments are free here; asks for nothing when they are. Entries that the service hasn't seen
   * go first, and a lease whose answer was lost is asked for again and counts.
   *
   * @param wanted to be free here afterwards.
   * @param most more is welcome up to this, as far as the licence's other devices keep their share.
   * @throws ERR_LICENCE_FUNDS, ERR_LICENCE_TIER, ERR_LICENCE_TOKEN, ERR_LICENCE_LEDGER, ERR_LICENCE_DEVICE
   */
  lease(wanted: number, most: number): Promise<WalletSnapshot>;
  /** Gives ended leases back and tells the service every entry that it hasn't seen. @throws ERR_LICENCE_LEDGER */
  sync(): Promise<WalletSnapshot>;
  /** This device (what it holds goes back first), or another one of the same licence. */
  deactivate(deviceId?: string): Promise<WalletSnapshot>;
  /**
   * Takes what a host minted: all of it or nothing.
   * @throws ERR_LICENCE_TOKEN, ERR_LICENCE_DEVICE, ERR_LICENCE_ORIGIN, ERR_LICENCE_CLOCK, ERR_LICENCE_EXPIRED,
   * ERR_LICENCE_REVOKED
   */
  acceptTokens(tokens: {
    readonly entitlement?: string;
    readonly leases?: readonly string[];
  }): Promise<WalletSnapshot>;
  /** Reads the whole ledger anew and holds it against state and seal; false, and a fault, when they don't fit. */
  verifyLedger(): Promise<boolean>;
  close(): void;
}
