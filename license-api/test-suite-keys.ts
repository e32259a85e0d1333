import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServices } from './create-services.ts';
import type { DatabaseOptions } from './database/database.ts';
import type { Services } from './services.ts';
import { startOperations, type Operations } from './test-operations.ts';
import { DAY_MS, TestDevice } from './test-service.ts';

interface KeyLine {
  readonly kid: string;
  readonly state: string;
  readonly retireFromMs: number | null;
}

/** What holds of a change of the signing key on every database. */
export function keysSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`signing keys on ${name}`, () => {
    let at: Operations;
    let other: Services;
    beforeAll(async () => {
      at = await startOperations(await where());
      const { database, clock } = at;
      const { policies } = at.services;
      other = await createServices({ database, clock, policies, issuer: 'https://licence.test' });
    });
    afterAll(() => at.database.close());

    const kids = async (services: Services): Promise<string[]> =>
      (await services.signer.jwks()).keys.map(({ kid }) => kid);
    const keyOf = ({ text }: { readonly text: string }): KeyLine =>
      (JSON.parse(text) as { key: KeyLine }).key;
    async function states(): Promise<string[]> {
      const { text } = await at.operate('/keys');
      return (JSON.parse(text) as { keys: KeyLine[] }).keys.map(({ state }) => state);
    }

    it('shows the next key before it signs, and the last one until its tokens are over', async () => {
      const { key: licenceKey } = await at.sell();
      const device = await TestDevice.make(at);
      const entitlementOf = ({ text }: { readonly text: string }): string =>
        (JSON.parse(text) as { entitlement: string }).entitlement;
      const first = entitlementOf(await device.activate(licenceKey));
      const signedBy = async (): Promise<string | undefined> =>
        decodeProtectedHeader(entitlementOf(await device.ask('POST', '/v1/refresh', {}))).kid;
      const [old = ''] = await kids(at.services);
      expect(await kids(other)).toEqual([old]);

      const headers = { 'Idempotency-Key': randomUUID() };
      const staged = await at.operate('/keys/rotate', {}, headers);
      expect(staged.status).toBe(201);
      expect(await at.operate('/keys/rotate', {}, headers)).toEqual(staged);
      expect((await at.operate('/keys/rotate', {})).text).toContain('ERR_OPERATOR_CONFLICT');
      const next = keyOf(staged).kid;
      expect(await states()).toEqual(['signing', 'next']);
      expect(await kids(at.services)).toEqual([old, next]);
      expect(await signedBy()).toBe(old);
      // Another instance looks for itself, a minute later at the most.
      expect(await kids(other)).toEqual([old]);
      at.clock.ms += 61_000;
      expect(await kids(other)).toEqual([old, next]);
      // What a page pins now verifies what is signed before and after.
      const pinned = createLocalJWKSet(await other.signer.jwks());

      expect((await at.operate('/keys/promote', { kid: old })).status).toBe(409);
      expect((await at.operate('/keys/promote', { kid: 'no-such-key' })).status).toBe(404);
      expect((await at.operate('/keys/promote', { kid: next })).status).toBe(200);
      expect(await states()).toEqual(['old', 'signing']);
      expect(await kids(at.services)).toEqual([old, next]);
      expect(await signedBy()).toBe(next);
      at.clock.ms += 61_000;
      await other.signer.jwks();
      const claims = { jti: 'a', iat: Math.floor(at.clock.ms / 1000), revoked: [] };
      expect(decodeProtectedHeader(await other.signer.signRevocations(claims)).kid).toBe(next);
      const currentDate = new Date(at.clock.ms);
      for (const token of [first, entitlementOf(await device.ask('POST', '/v1/refresh', {}))]) {
        await jwtVerify(token, pinned, { currentDate });
      }

      expect((await at.operate('/keys/retire', { kid: next })).status).toBe(409);
      const early = await at.operate('/keys/retire', { kid: old });
      expect(early.status).toBe(409);
      expect(early.text).toContain('retireFromMs');
      at.clock.ms += 31 * DAY_MS;
      const retired = await at.operate('/keys/retire', { kid: old });
      expect(retired.status).toBe(200);
      expect(keyOf(retired).state).toBe('retired');
      expect(await kids(at.services)).toEqual([next]);
      expect((await at.operate('/keys/retire', { kid: old })).text).toBe(retired.text);
      expect((await at.operate('/keys/promote', { kid: old })).status).toBe(409);
      expect(await at.database.query('SELECT private_jwk FROM signing_keys WHERE kid = $1', [old])).toEqual([
        { private_jwk: '' },
      ]);
      const { text: log } = await at.operate('/audit?limit=50');
      for (const action of ['key.stage', 'key.promote', 'key.retire']) expect(log).toContain(action);
      expect(log + (await at.operate('/keys')).text + staged.text).not.toContain('"d"');
    });

    it('takes a key out at once when it was stolen, and one that never signed', async () => {
      const signing = (await kids(at.services)).at(-1) ?? '';
      const { kid } = keyOf(await at.operate('/keys/rotate', {}));
      await at.operate('/keys/promote', { kid });
      expect((await at.operate('/keys/retire', { kid: signing })).status).toBe(409);
      expect((await at.operate('/keys/retire', { kid: signing, compromised: true })).status).toBe(200);
      expect(await kids(at.services)).toEqual([kid]);
      const unused = keyOf(await at.operate('/keys/rotate', {})).kid;
      expect((await at.operate('/keys/retire', { kid: unused })).status).toBe(200);
      expect(await kids(at.services)).toEqual([kid]);
    });

    it('has one next and one signing key, however many ask at once', async () => {
      const staged = await Promise.all(Array.from({ length: 5 }, () => at.operate('/keys/rotate', {})));
      expect(staged.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
      const { kid } = keyOf(staged.find(({ status }) => status === 201) ?? { text: '{}' });
      const promoted = await Promise.all(
        Array.from({ length: 5 }, () => at.operate('/keys/promote', { kid })),
      );
      expect(promoted.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
      expect((await states()).filter((state) => state === 'signing')).toHaveLength(1);
    });
  });
}
