import type { PriceRequest, Tier } from './policy.ts';

/** Whether what was bought holds now. */
export type LicenceStatus =
  /** No key was entered. */
  | 'none'
  | 'active'
  /** Past its end; everything still works until `graceEndsAtMs` of the view. */
  | 'grace'
  /** Past its grace: the first tier is in force. */
  | 'ended'
  | 'revoked'
  /** The clock went back: watching goes on, spending waits for a refresh. */
  | 'clock'
  /** The ledger was changed by someone else, or a copy of it was restored. */
  | 'ledger'
  /** The licence API refused entries of the ledger as damaged: it is for whoever runs the API to settle. */
  | 'refused'
  /** The licence API no longer counts this device to a licence that holds. */
  | 'removed'
  /** What the tiers are was never heard: the API has to be reached once. Watching goes on. */
  | 'unknown'
  /** The page's own licence settings can't be read: no clip can be made. Watching goes on. */
  | 'misconfigured';

/** What a person can do about a status. */
export type LicenceStep =
  /** Enter the licence key, for the first time or anew; a ledger at fault begins anew with it. */
  | 'activate'
  /** Refresh, with a connection. */
  | 'refresh'
  /** Connect to the internet; the rest happens by itself. */
  | 'connect'
  /** Load the page again: its pinned keys are older than the licence API's. */
  | 'reload'
  /** Ask whoever sold the licence. */
  | 'ask-seller'
  /** Tell whoever runs the page. */
  | 'tell-host';

/** A choice that the tier in force does not have. */
export interface Lock {
  readonly what: 'generate' | 'resolution' | 'seconds' | 'sound' | 'quality' | 'mode';
  /** The least tier that has it, or null when none has. */
  readonly tier: Tier | null;
}

/** Price of the clip that the present settings would make (T3). */
export interface Quote {
  readonly request: PriceRequest;
  /** What such a clip is called, e.g. “Short clip”. */
  readonly name: string;
  readonly price: number;
  /** Share of a period's allowance, 0…; null when the allowance is 0. */
  readonly share: number | null;
  /** Left after it; below 0 when it can't be paid. */
  readonly left: number;
  /** floor(available ÷ price). */
  readonly more: number;
  readonly affordable: boolean;
  /** A short clip in place of this one: its price and what it saves, 0…1; null when this one is as cheap. */
  readonly short: { readonly price: number; readonly seconds: number; readonly saves: number } | null;
}
