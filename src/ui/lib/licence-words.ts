import type { Policy } from '../../contracts/licence/policy.ts';
import type { LicenceView, Lock } from '../../contracts/licence/view.ts';
import { locale, number, t } from '../strings/strings.ts';
import { moment } from '../strings/format.ts';

/** An amount with the policy's own word for it: "600 Moments", "1 credit". */
export function amountText(policy: Policy, amount: number): string {
  const { one, other } = policy.unit;
  const unit = new Intl.PluralRules(locale()).select(amount) === 'one' ? one : other;
  return t('account.amount', { amount: number(amount), unit });
}

/** "50 to 100 Moments", or one amount where both are the same. */
export function rangeText(
  policy: Policy,
  { min, max }: { readonly min: number; readonly max: number },
): string {
  if (min === max) return amountText(policy, min);
  return t('account.range', { min: number(min), max: amountText(policy, max) });
}

/** Why a choice is locked, and which tier has it. */
export function lockSentence({ what, tier }: Lock): string {
  return tier === null ? t(`lock.nowhere.${what}`) : t(`lock.${what}`, { tier: tier.name });
}

/** What a choice that is locked is called. */
export function lockedName(name: string, { tier }: Lock): string {
  return tier === null ? t('lock.nameNowhere', { name }) : t('lock.name', { name, tier: tier.name });
}

/** Whether what was bought holds, until when, and what to do when it doesn't. */
export function statusSentence({ status, endsAtMs, graceEndsAtMs }: LicenceView): string {
  const end = endsAtMs === null ? '' : moment(endsAtMs);
  switch (status) {
    case 'active':
      return endsAtMs === null ? t('account.status.activeOpen') : t('account.status.active', { end });
    case 'grace':
      return t('account.status.grace', { end, grace: graceEndsAtMs === null ? end : moment(graceEndsAtMs) });
    case 'ended':
      return t('account.status.ended', { end });
    default:
      return t(`account.status.${status}`);
  }
}

/** Statuses in which no clip can be paid for, whatever the tier. */
export function isStopped(status: LicenceView['status']): boolean {
  return status === 'revoked' || status === 'clock' || status === 'ledger';
}
