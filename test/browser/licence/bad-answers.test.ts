import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import { createApiClient, type ApiClient } from '../../../src/platform/licence/api-client.ts';
import { createDeviceKey, type DeviceKeyPair } from '../../../src/platform/licence/device-key.ts';
import { createIssuer } from './issuer.ts';
import { KEY, createService, held, visit } from './memory-service.ts';
import './service.ts';

let url = '';
let key: DeviceKeyPair;
beforeAll(async () => {
  [url, key] = await Promise.all([commands.badLicenceServer(), createDeviceKey()]);
});
beforeEach(async () => {
  await commands.badLicenceVisits();
});

/** A client of the bad server, by the browser's own network. */
const client = (how: string, timeoutMs = 5000): ApiClient =>
  createApiClient({
    url: `${url}/${how}`,
    fetch: (input, init) => fetch(input, init),
    key: () => key,
    now: () => Date.now(),
    pausesMs: [1, 1],
    timeoutMs,
  });

const failed = (details = {}) => ({ code: 'ERR_LICENCE_FAILED', retryable: true, details });
const OFFLINE = { code: 'ERR_LICENCE_OFFLINE', retryable: true };

describe('an answer that isn’t the service’s', () => {
  it.each([
    ['html', 'a page in its place', failed(), 1],
    ['gateway', 'a proxy’s page with 502', failed({ status: 502 }), 1],
    ['garbage', 'half a JSON', failed(), 1],
    ['other', 'another JSON', failed(), 1],
    ['half', 'a connection cut in the middle', OFFLINE, 3],
    ['busy', '503', failed({ status: 503, code: 'ERR_SERVER_BUSY', retryAfterS: 7 }), 3],
    ['rate', '429', { code: 'ERR_LICENCE_RATE', retryable: true, details: { retryAfterS: 9 } }, 1],
    [
      'wall',
      '429 of a proxy',
      { code: 'ERR_LICENCE_RATE', retryable: true, details: { retryAfterS: 11 } },
      1,
    ],
  ])(
    '%s: %s is an error with a code, and asked again as often as makes sense',
    async (how, _what, error, tries) => {
      await expect(client(how).refresh()).rejects.toMatchObject(error);
      const posts = (await commands.badLicenceVisits()).filter(({ method }) => method === 'POST');
      expect(posts).toHaveLength(tries);
    },
  );

  it('that never comes is given up after the time set', async () => {
    await expect(client('silent', 150).refresh()).rejects.toMatchObject(OFFLINE);
    expect((await commands.badLicenceVisits()).filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it('that sends on elsewhere is not followed, and no proof goes there', async () => {
    await expect(client('away').refresh()).rejects.toMatchObject(OFFLINE);
    await expect(client('away').policy()).rejects.toMatchObject(OFFLINE);
    const visits = await commands.badLicenceVisits();
    expect(visits.some(({ hasProof }) => hasProof)).toBe(true);
    expect(visits.filter(({ path }) => path.startsWith('/stolen'))).toEqual([]);
  });

  it('from nowhere says that the service can’t be reached', async () => {
    const nowhere = createApiClient({
      url: 'http://127.0.0.1:1',
      fetch: (input, init) => fetch(input, init),
      key: () => key,
      now: () => Date.now(),
      pausesMs: [],
    });
    await expect(nowhere.refresh()).rejects.toMatchObject(OFFLINE);
  });

  it('takes nothing from the wallet, whatever it is', async () => {
    const service = createService(await createIssuer());
    let bad: string | null = null;
    const { wallet, store } = await visit(service.issuer, async (input, init) => {
      if (bad === null || input.endsWith('/v1/nonce')) return service.fetch(input, init);
      const { pathname } = new URL(input);
      return fetch(`${url}/${bad}${pathname}`, { ...init, signal: AbortSignal.timeout(300) });
    });
    await wallet.activate(KEY, 'Laptop');
    await wallet.lease(4, 20);
    const before = await store.wallet();
    const shown = wallet.snapshot();
    for (bad of ['html', 'gateway', 'garbage', 'other', 'half', 'busy', 'rate', 'silent', 'away']) {
      await expect(wallet.refresh(), bad).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_LICENCE_/) as string,
      });
      await expect(wallet.sync(), bad).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_LICENCE_/) as string,
      });
      await expect(wallet.fetchPolicy(), bad).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_LICENCE_/) as string,
      });
    }
    expect(wallet.snapshot()).toEqual(shown);
    expect({ ...(await store.wallet()), clock: null }).toEqual({ ...before, clock: null });
    expect(held(wallet)).toBe(20);
    bad = null;
    await wallet.refresh();
    await wallet.sync();
    expect(wallet.snapshot()).toMatchObject({ status: 'active', unsynced: 0 });
  });
});
