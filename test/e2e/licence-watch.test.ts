import { createHash } from 'node:crypto';
import { copyFile, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import {
  activateRequestSchema,
  deactivateRequestSchema,
  leaseRequestSchema,
  ledgerRequestSchema,
  refreshRequestSchema,
} from '../../src/contracts/licence/api.ts';
import * as v from 'valibot';
import { AccountPage } from './lib/account.ts';
import { leakSearch, type Secrets } from './lib/leak-search.ts';
import type { SeenRequest } from './lib/network-watch.ts';
import { Studio } from './lib/studio.ts';
import { portraitPath } from './lib/use-app.ts';
import { useLicensedApp } from './lib/use-licence.ts';

const licensed = useLicensedApp();
const { app } = licensed;

/** No word of seven letters or more in it stands in the protocol. */
const PROMPT =
  'She slowly raises her eyebrows, tilts her head towards the chandelier and blinks mischievously. ' +
  'Her marmalade necklace glimmers. The camera holds still.';
const FILE_NAME = 'Wilhelmina-at-the-boathouse.jpg';
/** The largest body that a flow of a few clips has reason for, bytes. A small picture is larger. */
const BODY_MAX = 4096;

const BODIES: Readonly<Record<string, v.GenericSchema>> = {
  '/v1/activate': activateRequestSchema,
  '/v1/refresh': refreshRequestSchema,
  '/v1/leases': leaseRequestSchema,
  '/v1/ledger': ledgerRequestSchema,
  '/v1/deactivate': deactivateRequestSchema,
};

async function secrets(): Promise<Secrets> {
  return { prompt: PROMPT, picture: await readFile(await portraitPath()), fileName: FILE_NAME };
}

test('no request of a whole flow holds a picture, a prompt, a clip, a name or a hash of them (T6)', async () => {
  const { relay } = licensed;
  const first = relay.requests.length;
  const firstOfPages = app.watch.requests.length;
  const studio = new Studio(app.page);
  const account = new AccountPage(app.page);
  const { key } = await licensed.createLicence({ tier: 'lite' });
  await copyFile(await portraitPath(), app.path(FILE_NAME));

  // A picture is looked at, a prompt written and the account page read before anything is activated.
  await studio.visit(app.url);
  await studio.open(app.path(FILE_NAME));
  await studio.write(PROMPT);
  await account.open();
  await account.expectTier('Free');
  const before = relay.requests.slice(first);
  expect(before.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /v1/policy']);
  expect(before[0]?.body.byteLength).toBe(0);
  expect(Object.keys(before[0]?.headers ?? {})).not.toContain('stillwake-proof');

  await account.activate(key, 'Lite');
  await account.leave();
  await studio.chooseFast();
  await studio.make();
  await studio.waitForClip();
  const downloading = app.page.waitForEvent('download');
  await app.page.getByRole('button', { name: 'Download' }).first().click();
  await (await downloading).saveAs(app.path('made.mp4'));
  await account.open();
  await account.expectBalance({ here: 950, reserved: 0, service: 0 });
  await account.refresh();
  await account.takeOffThisDevice();
  await account.expectTier('Free');

  const search = leakSearch({ ...(await secrets()), clips: [await readFile(app.path('made.mp4'))] });
  const wire = relay.requests.slice(first);
  expect(search(wire), 'what came over the wire').toEqual([]);
  const asPagesSaw = app.watch.requests.slice(firstOfPages);
  expect(search(asPagesSaw), 'what the pages asked for').toEqual([]);
  // Both nets saw the same: nothing goes by a way that one of them doesn't see.
  const posts = (requests: readonly SeenRequest[]): string[] =>
    requests
      .filter(({ method }) => method === 'POST')
      .map(({ url, body }) => `${new URL(url, relay.url).pathname} ${body.toString()}`);
  expect(posts(wire)).toEqual(posts(asPagesSaw));
  const asked = new Set(wire.filter(({ method }) => method === 'POST').map(({ url }) => url));
  expect(asked).toEqual(new Set(Object.keys(BODIES)));
  for (const { method, url, headers, body } of wire) {
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).not.toHaveProperty('referer');
    expect(body.byteLength).toBeLessThan(BODY_MAX);
    if (method !== 'POST') {
      expect(body.byteLength).toBe(0);
      continue;
    }
    expect(headers).toHaveProperty('stillwake-proof');
    expect(headers).toHaveProperty('idempotency-key');
    const schema = BODIES[url];
    expect(schema !== undefined && v.is(schema, JSON.parse(body.toString()))).toBe(true);
    // The key goes out once, to be activated.
    expect(body.includes(key)).toBe(url === '/v1/activate');
  }
});

test('the search finds each thing that must not leave, however it is wrapped', async () => {
  const known = await secrets();
  const search = leakSearch(known);
  await app.page.goto(app.url);
  const { picture, prompt } = known;
  const middle = Math.floor(picture.byteLength / 2);
  const piece = picture.subarray(middle, middle + 48);
  const hash = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();
  const url64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64url');
  const leaks: Readonly<Record<string, readonly [string, string]>> = {
    'a word of the prompt': ['“mischievously”', 'mischievously'],
    'a word in capitals': ['“mischievously”', 'MISCHIEVOUSLY'],
    'the prompt inside a token': [
      '“chandelier”',
      `${url64('{}')}.${url64(JSON.stringify({ note: prompt }))}.x`,
    ],
    'the prompt in hexadecimal': ['“chandelier”', Buffer.from(prompt).toString('hex')],
    'the file’s name': [`“${FILE_NAME.toLowerCase()}”`, FILE_NAME],
    'a piece of the picture': ['bytes of the picture', piece.toString('base64')],
    'a piece, one byte on': [
      'bytes of the picture',
      `ab${picture.subarray(middle + 1, middle + 49).toString('hex')}`,
    ],
    'its hash in hexadecimal': ['sha256 of the picture', hash(picture).toString('hex')],
    'its hash in base64': ['sha256 of the picture', hash(picture).toString('base64')],
    'the prompt’s hash': ['sha256 of the prompt', url64(hash(prompt))],
    'half of a hash': ['sha256 of the prompt', hash(prompt).toString('hex').slice(0, 32)],
  };
  for (const [name, [found, text]] of Object.entries(leaks)) {
    for (const place of ['address', 'header', 'body'] as const) {
      const from = licensed.relay.requests.length;
      await app.page.evaluate(
        async ({ base, text, place }) => {
          const url = `${base}/v1/refresh${place === 'address' ? `?x=${encodeURIComponent(text)}` : ''}`;
          await fetch(url, {
            method: 'POST',
            body: place === 'body' ? JSON.stringify({ x: text }) : '{}',
            headers: place === 'header' ? { 'Stillwake-Proof': text } : {},
          }).catch(() => undefined);
        },
        { base: licensed.relay.url, text, place },
      );
      expect(search(licensed.relay.requests.slice(from)).join(), `${name} in the ${place}`).toContain(found);
    }
  }
  const from = licensed.relay.requests.length;
  await app.page.evaluate(
    async ({ base, bytes }) => {
      await fetch(`${base}/v1/refresh`, { method: 'POST', body: new Uint8Array(bytes) }).catch(
        () => undefined,
      );
    },
    { base: licensed.relay.url, bytes: [...picture.subarray(0, 4000)] },
  );
  expect(search(licensed.relay.requests.slice(from)).join()).toContain('bytes of the picture');
});
