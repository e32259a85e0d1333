import { afterAll, beforeAll, describe } from 'vitest';
import { ledgerAttacks } from './test-ledgers.ts';
import { moneyAttacks } from './test-money.ts';
import { startTarget, Tally, type Target } from './test-target.ts';

let target: Target | null = null;
beforeAll(async () => {
  target = await startTarget({ folder: null });
});
afterAll(() => target?.database.close());

function targetNow(): Target {
  if (target === null) throw new Error('the service did not start');
  return target;
}

describe('balances on the embedded database', () => {
  moneyAttacks(new Tally('balances, embedded'), targetNow);
});
describe('ledgers on the embedded database', () => {
  ledgerAttacks(new Tally('ledgers, embedded'), targetNow);
});
