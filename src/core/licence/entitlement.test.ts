import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLOCK_TOLERANCE_S,
  TOKEN_PERIOD_MAX_S,
  type EntitlementClaims,
  type LeaseClaims,
  type RevocationsClaims,
} from '../../contracts/licence/tokens.ts';
import { FIRST_CLOCK, readClock, setClock } from './clock.ts';
import {
  judgeEntitlement,
  judgeLease,
  revokedEpoch,
  type EntitlementVerdict,
  type JudgeContext,
} from './entitlement.ts';

const T = 1_800_000_000;
const HOUR = 3600;
const DAY = 86_400;
const YEAR = 365 * DAY;
const ISSUER = 'https://licence.example';
const ORIGIN = 'https://studio.example';
const THUMBPRINT = 'A'.repeat(43);

const claims: EntitlementClaims = {
  iss: ISSUER,
  aud: 'stillwake',
  sub: 'licence-1',
  jti: 'token-1',
  iat: T,
  exp: T + 14 * DAY,
  policy: 'five-tier',
  tier: 'plus',
  features: [],
  origins: [ORIGIN, 'https://other.example:8443'],
  cnf: { jkt: THUMBPRINT },
  epoch: 3,
  metered: true,
};
const context: JudgeContext = {
  issuer: ISSUER,
  origin: ORIGIN,
  thumbprint: THUMBPRINT,
  nowS: T + DAY,
  clockBack: false,
  revokedEpoch: 0,
  graceHours: 72,
};
/** What only a schema that is wrong would let pass. */
const foreign = JSON.parse('{"aud":"elsewhere"}') as Pick<EntitlementClaims, 'aud'>;

/** A verdict in a word. */
const word = (verdict: EntitlementVerdict): string => (verdict.ok ? verdict.status : verdict.code);
const judge = (change: Partial<EntitlementClaims> = {}, where: Partial<JudgeContext> = {}): string =>
  word(judgeEntitlement({ ...claims, ...change }, { ...context, ...where }));

/** Every way of being wrong, in the order in which they are judged. */
const WRONGS: readonly (readonly [
  what: string,
  change: Partial<EntitlementClaims>,
  where: Partial<JudgeContext>,
  verdict: string,
])[] = [
  ['another issuer', { iss: `${ISSUER}/` }, {}, 'ERR_LICENCE_TOKEN'],
  ['another audience', foreign, {}, 'ERR_LICENCE_TOKEN'],
  ['a period of a second too much', { exp: T + TOKEN_PERIOD_MAX_S + 1 }, {}, 'ERR_LICENCE_TOKEN'],
  ['another device', { cnf: { jkt: 'B'.repeat(43) } }, {}, 'ERR_LICENCE_DEVICE'],
  ['another origin', { origins: ['https://other.example'] }, {}, 'ERR_LICENCE_ORIGIN'],
  ['a revoked epoch', {}, { revokedEpoch: 4 }, 'revoked'],
  ['a clock that went back', {}, { clockBack: true }, 'clock'],
  ['a time before it was issued', {}, { nowS: T - CLOCK_TOLERANCE_S - 1 }, 'ERR_LICENCE_CLOCK'],
  ['a time after its end', {}, { nowS: T + 14 * DAY }, 'grace'],
  ['a time after its grace', {}, { nowS: T + 17 * DAY }, 'ended'],
];

describe('an entitlement', () => {
  it('that is right is active, and says when it ends', () => {
    expect(judgeEntitlement(claims, context)).toEqual({
      ok: true,
      status: 'active',
      endsAtS: T + 14 * DAY,
      graceEndsAtS: T + 17 * DAY,
    });
  });

  it.each(WRONGS)('with %s alone is judged so', (_what, change, where, verdict) => {
    expect(judge()).toBe('active');
    expect(judge(change, where)).toBe(verdict);
  });

  it('with two wrongs is judged by the first of them', () => {
    WRONGS.forEach(([, change, where, verdict], i) => {
      for (const [, later, thereLater] of WRONGS.slice(i + 1)) {
        // Two that are the same field can't be both wrong in their own way.
        const clash = [
          ...Object.keys(change).filter((name) => name in later),
          ...Object.keys(where).filter((name) => name in thereLater),
        ];
        if (clash.length > 0) continue;
        expect(judge({ ...later, ...change }, { ...thereLater, ...where })).toBe(verdict);
      }
    });
  });

  it.each([
    ['ends when it begins', { exp: T }],
    ['ends before it begins', { exp: T - 1 }],
    ['holds for a year', { exp: T + YEAR }],
    ['holds for a month and a second', { exp: T + TOKEN_PERIOD_MAX_S + 1 }],
  ])('that %s is refused', (_what, change) => {
    expect(judge(change)).toBe('ERR_LICENCE_TOKEN');
  });

  it('may hold for 31 days', () => {
    expect(judge({ exp: T + 31 * DAY })).toBe('active');
  });

  it.each([
    ['a sub-domain', 'https://studio.example.evil.example'],
    ['another scheme', 'http://studio.example'],
    ['another port', 'https://studio.example:444'],
    ['another case', 'https://Studio.example'],
    ['no origin', 'null'],
    ['nothing', ''],
  ])('at %s is refused', (_what, origin) => {
    expect(judge({}, { origin })).toBe('ERR_LICENCE_ORIGIN');
  });

  it('without origins holds anywhere, with several at each', () => {
    expect(judge({ origins: [] }, { origin: 'https://anywhere.example' })).toBe('active');
    expect(judge({}, { origin: 'https://other.example:8443' })).toBe('active');
  });

  it('is void below the revoked epoch only', () => {
    expect([2, 3, 4, 5].map((epoch) => judge({ epoch }, { revokedEpoch: 4 }))).toEqual([
      'revoked',
      'revoked',
      'active',
      'active',
    ]);
  });

  it.each([
    [-CLOCK_TOLERANCE_S - 1, 'ERR_LICENCE_CLOCK'],
    [-CLOCK_TOLERANCE_S, 'active'],
    [0, 'active'],
    [14 * DAY - 1, 'active'],
    [14 * DAY, 'grace'],
    [14 * DAY + 72 * HOUR - 1, 'grace'],
    [14 * DAY + 72 * HOUR, 'ended'],
    [YEAR, 'ended'],
  ])('%d s after it was issued: %s', (after, verdict) => {
    expect(judge({}, { nowS: T + after })).toBe(verdict);
  });

  it('without grace ends at its end', () => {
    expect(judge({}, { nowS: T + 14 * DAY, graceHours: 0 })).toBe('ended');
  });

  it('goes from active to grace to ended as time goes, and never back', () => {
    const order = ['active', 'grace', 'ended'];
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -YEAR, max: YEAR }), { minLength: 1, maxLength: 30 }),
        fc.nat(720),
        (times, graceHours) => {
          let state = setClock(FIRST_CLOCK, T, T);
          let furthest = 0;
          for (const time of times) {
            const { nowS, back, next } = readClock(state, T + time);
            state = next;
            const verdict = judge({}, { nowS, clockBack: back, graceHours });
            if (back) {
              expect(verdict).toBe('clock');
              continue;
            }
            const stage = order.indexOf(verdict);
            expect(stage).toBeGreaterThanOrEqual(furthest);
            furthest = stage;
          }
        },
      ),
    );
  });

  it('holds on a clock a year ahead or behind that was refreshed, and not on one that was moved', () => {
    for (const off of [YEAR, -YEAR]) {
      const state = setClock(FIRST_CLOCK, T, T + off);
      const fresh = readClock(state, T + off + HOUR);
      expect(judge({}, { nowS: fresh.nowS, clockBack: fresh.back })).toBe('active');
      const moved = readClock(fresh.next, T + HOUR);
      expect(judge({}, { nowS: moved.nowS, clockBack: moved.back })).toBe(off > 0 ? 'clock' : 'ended');
    }
  });

  it('that a host minted is refused on a device whose clock is a year behind and was never set', () => {
    const { nowS, back } = readClock(FIRST_CLOCK, T - YEAR);
    expect(judge({}, { nowS, clockBack: back })).toBe('ERR_LICENCE_CLOCK');
  });

  it('is refused with a reason that has nothing of the token', () => {
    for (const [, change, where] of WRONGS) {
      const verdict = judgeEntitlement({ ...claims, ...change }, { ...context, ...where });
      if (verdict.ok) continue;
      for (const secret of [claims.sub, claims.jti, ISSUER, THUMBPRINT]) {
        expect(verdict.reason).not.toContain(secret);
      }
    }
  });
});

describe('a lease', () => {
  const lease: LeaseClaims = {
    iss: ISSUER,
    aud: 'stillwake',
    sub: 'licence-1',
    jti: 'lease-1',
    iat: T,
    exp: T + 7 * DAY,
    cnf: { jkt: THUMBPRINT },
    amount: 500,
  };
  const here = {
    issuer: ISSUER,
    thumbprint: THUMBPRINT,
    subject: 'licence-1',
    nowS: T + DAY,
    clockBack: false,
  };
  type Change = Partial<LeaseClaims>;

  it.each<readonly [string, Change, Partial<typeof here>, string]>([
    ['another issuer', { iss: 'https://evil.example' }, {}, 'ERR_LICENCE_TOKEN'],
    ['another audience', foreign, {}, 'ERR_LICENCE_TOKEN'],
    ['a period too long', { exp: T + TOKEN_PERIOD_MAX_S + 1 }, {}, 'ERR_LICENCE_TOKEN'],
    ['another licence', { sub: 'licence-2' }, {}, 'ERR_LICENCE_TOKEN'],
    ['another device', { cnf: { jkt: 'B'.repeat(43) } }, {}, 'ERR_LICENCE_DEVICE'],
    ['a clock that went back', {}, { clockBack: true }, 'ERR_LICENCE_CLOCK'],
    ['a time before it', {}, { nowS: T - CLOCK_TOLERANCE_S - 1 }, 'ERR_LICENCE_CLOCK'],
    ['a time at its end', {}, { nowS: T + 7 * DAY }, 'ERR_LICENCE_EXPIRED'],
  ])('with %s alone is refused', (_what, change, where, code) => {
    expect(judgeLease(lease, here)).toBeNull();
    expect(judgeLease({ ...lease, ...change }, { ...here, ...where })).toMatchObject({ ok: false, code });
  });
});

describe('a list of revocations', () => {
  const list: RevocationsClaims = {
    iss: ISSUER,
    aud: 'stillwake',
    sub: 'revocations',
    jti: 'list-1',
    iat: T,
    revoked: [
      { sub: 'licence-1', epoch: 4 },
      { sub: 'licence-2', epoch: 9 },
      { sub: 'licence-1', epoch: 2 },
    ],
  };

  it('says the highest epoch of the licence, and 0 of those that it doesn’t name', () => {
    expect(revokedEpoch(list, ISSUER, 'licence-1')).toBe(4);
    expect(revokedEpoch(list, ISSUER, 'licence-3')).toBe(0);
  });

  it('of another issuer, or that is no such list, says nothing', () => {
    expect(revokedEpoch(list, 'https://evil.example', 'licence-1')).toBe(0);
    expect(revokedEpoch({ ...list, sub: 'licence-1' }, ISSUER, 'licence-1')).toBe(0);
  });
});
