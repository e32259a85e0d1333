import type { Policy } from '../../contracts/licence/policy.ts';
import { locale, number, t } from '../strings/strings.ts';

function withUnit({ unit }: Policy, amount: number, words: string): string {
  const one = new Intl.PluralRules(locale()).select(Math.abs(amount)) === 'one';
  return t('account.amount', { amount: words, unit: one ? unit.one : unit.other });
}

/** An amount with the policy's own word for it: "600 Moments", "1 credit". */
export function amountText(policy: Policy, amount: number): string {
  return withUnit(policy, amount, number(amount));
}

/** What came or went, with its sign: "+600 Moments", "−50 Moments", "0 Moments". */
export function changeText(policy: Policy, amount: number): string {
  // A minus is as wide as a plus, a hyphen is not.
  return withUnit(policy, amount, number(amount, { signDisplay: 'exceptZero' }).replace('-', '−'));
}
