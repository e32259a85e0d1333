import type { ErrorCode } from '../../contracts/errors.ts';
import {
  AUDIENCE,
  CLOCK_TOLERANCE_S,
  TOKEN_PERIOD_MAX_S,
  type EntitlementClaims,
  type LeaseClaims,
  type RevocationsClaims,
} from '../../contracts/licence/tokens.ts';
import type { LicenceStatus } from '../../contracts/licence/quote.ts';

/** What verified claims are held against. */
export interface JudgeContext {
  /** Who may sign. */
  readonly issuer: string;
  /** Origin of the page. */
  readonly origin: string;
  /** Thumbprint of this device's key. @source RFC 7638 */
  readonly thumbprint: string;
  /** The time as `readClock` tells it, and whether the clock went back. */
  readonly nowS: number;
  readonly clockBack: boolean;
  /** Entitlements with an epoch below this one are void: {@link revokedEpoch}. */
  readonly revokedEpoch: number;
  /** Of the policy. */
  readonly graceHours: number;
}

/** A token that isn't for here and now. */
export interface Refusal {
  readonly ok: false;
  readonly code: ErrorCode;
  /** For a log: what was wrong, without the token. */
  readonly reason: string;
}

/** What an entitlement is worth. */
export type EntitlementVerdict =
  | {
      readonly ok: true;
      readonly status: Extract<LicenceStatus, 'active' | 'grace' | 'ended' | 'revoked' | 'clock'>;
      /** Its end, and the end of its grace, seconds since 1970. */
      readonly endsAtS: number;
      readonly graceEndsAtS: number;
    }
  | Refusal;

const refuse = (code: ErrorCode, reason: string): Refusal => ({ ok: false, code, reason });

type Common = Pick<EntitlementClaims, 'iss' | 'iat'> & { readonly aud: string; readonly exp: number };

/** Issuer, audience, period: what makes a token one of this application's at all. */
function judgeForm(claims: Common, issuer: string): Refusal | null {
  if (claims.iss !== issuer) return refuse('ERR_LICENCE_TOKEN', 'another issuer');
  if (claims.aud !== AUDIENCE) return refuse('ERR_LICENCE_TOKEN', 'another audience');
  const period = claims.exp - claims.iat;
  if (!(period > 0 && period <= TOKEN_PERIOD_MAX_S)) return refuse('ERR_LICENCE_TOKEN', 'its period');
  return null;
}

/**
 * Judges an entitlement whose signature holds. The first of these that isn't right decides:
 *
 * 1. issuer, 2. audience, 3. a period of at most {@link TOKEN_PERIOD_MAX_S} → `ERR_LICENCE_TOKEN`;
 * 4. device → `ERR_LICENCE_DEVICE`; 5. origin → `ERR_LICENCE_ORIGIN`;
 * 6. epoch → `revoked`;
 * 7. clock: went back → `clock`; issued in what is still the future → `ERR_LICENCE_CLOCK`;
 * 8. expiry → `active` before it, `grace` for the policy's hours after it, then `ended`.
 *
 * A refused token is worth nothing; with any status it stays this device's, and watching goes on.
 */
export function judgeEntitlement(claims: EntitlementClaims, context: JudgeContext): EntitlementVerdict {
  const form = judgeForm(claims, context.issuer);
  if (form !== null) return form;
  if (claims.cnf.jkt !== context.thumbprint) return refuse('ERR_LICENCE_DEVICE', 'another device');
  if (claims.origins.length > 0 && !claims.origins.includes(context.origin)) {
    return refuse('ERR_LICENCE_ORIGIN', 'another origin');
  }
  const endsAtS = claims.exp;
  const graceEndsAtS = endsAtS + context.graceHours * 3600;
  const held = { ok: true, endsAtS, graceEndsAtS } as const;
  if (claims.epoch < context.revokedEpoch) return { ...held, status: 'revoked' };
  if (context.clockBack) return { ...held, status: 'clock' };
  if (claims.iat > context.nowS + CLOCK_TOLERANCE_S) {
    return refuse('ERR_LICENCE_CLOCK', 'issued in the future');
  }
  if (context.nowS < endsAtS) return { ...held, status: 'active' };
  return { ...held, status: context.nowS < graceEndsAtS ? 'grace' : 'ended' };
}

/**
 * Judges a lease whose signature holds: issuer, audience, period, licence (`sub` of the entitlement), device, clock,
 * expiry.
 *
 * @returns null when it is this device's to spend now.
 */
export function judgeLease(
  claims: LeaseClaims,
  context: Pick<JudgeContext, 'issuer' | 'thumbprint' | 'nowS' | 'clockBack'> & { readonly subject: string },
): Refusal | null {
  const form = judgeForm(claims, context.issuer);
  if (form !== null) return form;
  if (claims.sub !== context.subject) return refuse('ERR_LICENCE_TOKEN', 'another licence');
  if (claims.cnf.jkt !== context.thumbprint) return refuse('ERR_LICENCE_DEVICE', 'another device');
  if (context.clockBack) return refuse('ERR_LICENCE_CLOCK', 'the clock went back');
  if (claims.iat > context.nowS + CLOCK_TOLERANCE_S) {
    return refuse('ERR_LICENCE_CLOCK', 'issued in the future');
  }
  return context.nowS < claims.exp ? null : refuse('ERR_LICENCE_EXPIRED', 'it has ended');
}

/** `sub` of a list of revocations. */
export const REVOCATIONS_SUBJECT = 'revocations';

/**
 * What a list of revocations whose signature holds says of a licence: entitlements with a lower epoch are void. 0 when
 * it isn't named, or when the list isn't this issuer's.
 */
export function revokedEpoch(list: RevocationsClaims, issuer: string, sub: string): number {
  if (list.iss !== issuer || list.sub !== REVOCATIONS_SUBJECT) return 0;
  return list.revoked.reduce((epoch, one) => (one.sub === sub ? Math.max(epoch, one.epoch) : epoch), 0);
}
