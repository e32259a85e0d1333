import * as v from 'valibot';
import { amountSchema } from './policy.ts';

const idSchema = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));
const positiveSchema = v.pipe(amountSchema, v.minValue(1));

/** Why a reservation was let go. */
export const RELEASE_REASONS = ['cancelled', 'failed', 'interrupted', 'refused', 'removed'] as const;
export type ReleaseReason = (typeof RELEASE_REASONS)[number];

/** Most leases that one reservation may draw on. */
export const PARTS_MAX = 64;

/** A part of a reservation, and the lease it comes from. */
export const partSchema = v.strictObject({ leaseId: idSchema, amount: positiveSchema });
export type LedgerPart = v.InferOutput<typeof partSchema>;

/** What can happen to Moments on a device. A ledger knows a job's id and price, and nothing else of it. */
export const eventSchema = v.variant('type', [
  /** A lease came in. */
  v.strictObject({
    type: v.literal('lease'),
    leaseId: idSchema,
    amount: positiveSchema,
    expiresAtS: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  /** A job was queued: its price is set aside. */
  v.strictObject({
    type: v.literal('reserve'),
    jobId: idSchema,
    parts: v.pipe(v.array(partSchema), v.minLength(1), v.maxLength(PARTS_MAX)),
  }),
  /** The job's verified clip was saved. */
  v.strictObject({ type: v.literal('commit'), jobId: idSchema }),
  /** The job came to nothing. */
  v.strictObject({ type: v.literal('release'), jobId: idSchema, reason: v.picklist(RELEASE_REASONS) }),
  /** What is left of a lease goes back to the licence's balance. */
  v.strictObject({ type: v.literal('return'), leaseId: idSchema, amount: positiveSchema }),
]);
export type LedgerEvent = v.InferOutput<typeof eventSchema>;

const hashSchema = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));

/** One entry of a device's ledger: bound to all before it by their hash. */
export const ledgerEntrySchema = v.strictObject({
  deviceId: idSchema,
  /** 1, 2, 3, … without a gap. */
  seq: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1e9)),
  /** {@link LedgerEntry.hash} of the entry before; of the first one: the hash of its device's id. */
  prev: hashSchema,
  /** When, by the device's clock: for people, never for arithmetic. Milliseconds since 1970. */
  atMs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15)),
  event: eventSchema,
  /** SHA-256 of the canonical form of all fields above, base64url. */
  hash: hashSchema,
});
export type LedgerEntry = v.InferOutput<typeof ledgerEntrySchema>;

/** A lease as far as the ledger has come; `left` is neither set aside nor spent nor returned. */
export interface LedgerLease {
  readonly leaseId: string;
  readonly amount: number;
  readonly expiresAtS: number;
  readonly left: number;
}

/** What all entries together come to. Plain data, small, kept beside the entries. */
export interface LedgerState {
  readonly deviceId: string;
  /** Last entry; `seq` 0 before the first. */
  readonly head: { readonly seq: number; readonly hash: string };
  /**
   * Leases in the order in which they came. One that is used up stays until it has surely ended, so that it can't come
   * in a second time.
   */
  readonly leases: readonly LedgerLease[];
  /** Open reservations by job. */
  readonly reservations: Readonly<Record<string, readonly LedgerPart[]>>;
  /** Sums over the whole ledger: leased = committed + returned + Σ left + Σ reserved, always. */
  readonly totals: { readonly leased: number; readonly committed: number; readonly returned: number };
}
