import type { Policy, Tier } from '../../contracts/licence/policy.ts';
import type { LicenceView, Lock } from '../../contracts/licence/view.ts';
import '../strings/licence-strings.ts';
import { day, moment } from '../strings/format.ts';
import { number, t } from '../strings/strings.ts';
import { amountText } from './amounts.ts';

/** "50 to 100 Moments", or one amount where both are the same. */
export function rangeText(
  policy: Policy,
  { min, max }: { readonly min: number; readonly max: number },
): string {
  const text =
    min === max
      ? amountText(policy, min)
      : t('account.range', { min: number(min), max: amountText(policy, max) });
  // As in the history: a minus, not a hyphen.
  return text.replace(/-(?=\d)/g, '−');
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
export function statusSentence(view: LicenceView): string {
  const { status, endsAtMs, graceEndsAtMs } = view;
  const end = endsAtMs === null ? '' : moment(endsAtMs);
  const grace = graceEndsAtMs === null ? end : moment(graceEndsAtMs);
  switch (status) {
    case 'none':
      return t(view.hasApi ? 'account.status.none' : 'account.status.noneHost');
    case 'active':
      if (endsAtMs === null) return t('account.status.activeOpen');
      return t(view.hasApi ? 'account.status.active' : 'account.status.activeHost', { end });
    case 'grace':
      return t(view.hasApi ? 'account.status.grace' : 'account.status.graceHost', { end, grace });
    case 'ended':
      return t(view.hasApi ? 'account.status.ended' : 'account.status.endedHost', { end });
    case 'ledger':
      if (!view.steps.includes('activate')) return t('account.status.ask');
      return t(view.fault === 'damaged' ? 'account.status.damaged' : 'account.status.ledger');
    default:
      return t(`account.status.${status}`);
  }
}

/** What a period of a tier gives: "Lite: 1,000 Moments a month". Empty for a tier without an allowance. */
export function tierGives(policy: Policy, { name, allowance }: Tier): string {
  if (allowance.amount === 0) return '';
  const amount = amountText(policy, allowance.amount);
  return t(allowance.every === 'month' ? 'lock.gives' : 'lock.givesOnce', { tier: name, amount });
}

/** Why nothing can be made now, in a few words; the account page says more. Null while the tier alone decides. */
export function stopSentence({ status, endsAtMs }: LicenceView): string | null {
  switch (status) {
    case 'none':
    case 'active':
    case 'grace':
      return null;
    case 'ended':
      return t('price.stop.ended', { end: endsAtMs === null ? '' : day(endsAtMs) });
    default:
      return t(`price.stop.${status}`);
  }
}
