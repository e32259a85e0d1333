import { deleteDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import { commands } from 'vitest/browser';
import { AppError } from '../../../src/contracts/errors.ts';
import type { HeadlessRequest } from '../../../src/contracts/headless.api.ts';
import { parsePack } from '../../../src/contracts/pack.ts';
import type { KeptPack } from '../../../src/contracts/packs.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { createEngine } from '../../../src/app/engine.ts';
import { createHeadless } from '../../../src/app/headless-pipeline.ts';
import { createHeadlessTill, type HeadlessTill } from '../../../src/app/licence/headless-till.ts';
import type { ClipMaker } from '../../../src/app/pipeline.ts';
import { freshName } from '../store/records.ts';
import '../licence/service.ts';
import { createHost } from './licence-host.ts';
import { madeClip } from './made-clip.ts';

const tills: { till: HeadlessTill; name: string }[] = [];
afterEach(async () => {
  const open = tills.splice(0);
  for (const { till } of open) till.close();
  for (const { name } of open) await deleteDB(name);
});

/** The pipeline without an interface, in a gallery that holds so much. */
async function begin(make: ClipMaker, amount: number | null) {
  const host = await createHost();
  const name = freshName();
  const till = createHeadlessTill(host.config, name);
  tills.push({ till, name });
  await till.gate.load();
  if (amount !== null) {
    const key = (await till.store.wallet())?.key.thumbprint ?? '';
    const tokens = { entitlement: await host.entitlement(key), leases: [await host.lease(key, amount)] };
    expect(await till.gate.commands?.acceptTokens(tokens)).toBe(true);
  }
  const headless = createHeadless(createEngine({ render: { packUrl: '/', wasmUrl: '/' } }), {
    till: Promise.resolve(till),
    make,
  });
  const uploads = await commands.badLicenceServer();
  const request = (change: Partial<HeadlessRequest> = {}): HeadlessRequest => ({
    pictureUrl: 'data:image/png,bytes',
    settings: { ...DEFAULT_SETTINGS, seconds: 3 },
    uploadUrl: `${uploads}/taken`,
    ...change,
  });
  const books = async () => {
    const ledger = (await till.store.wallet())?.ledger;
    const left = ledger?.leases.reduce((sum, lease) => sum + lease.left, 0) ?? 0;
    return {
      left,
      committed: ledger?.totals.committed ?? 0,
      open: Object.keys(ledger?.reservations ?? {}).length,
    };
  };
  return { headless, request, books, store: till.store, till };
}

const make: ClipMaker = ({ settings }) => Promise.resolve(madeClip(settings.seconds));

describe('a clip made past the queue', () => {
  it('has its price set aside while it is made, and pays it once it was handed over', async () => {
    const during: unknown[] = [];
    const { headless, request, books, store } = await begin(async (asked) => {
      during.push(await books());
      return make(asked);
    }, 100);
    expect(await headless.makeClip(request(), () => undefined)).toMatchObject({ ok: true });
    expect(during).toEqual([{ left: 50, committed: 0, open: 1 }]);
    expect(await books()).toEqual({ left: 50, committed: 50, open: 0 });
    expect(await headless.makeClip(request(), () => undefined)).toMatchObject({ ok: true });
    expect(await headless.makeClip(request(), () => undefined)).toMatchObject({
      ok: false,
      error: { code: 'ERR_LICENCE_FUNDS' },
    });
    expect(await books()).toEqual({ left: 0, committed: 100, open: 0 });
    expect(await store.jobs()).toEqual([]);
  });

  it('costs what the quality of its pack does', async () => {
    const { till } = await begin(make, 100);
    const priceOf = (pack: string): Promise<unknown> =>
      till.gate
        .admit({ ...DEFAULT_SETTINGS, seconds: 3, pack })
        .catch((cause: unknown) => (cause instanceof AppError ? cause.code : cause));
    const plain = await priceOf('portrait');
    const unknown = await priceOf('tiny-ltx');
    expect(unknown).not.toBe(plain);
    const pack = parsePack(await (await fetch('/models/tiny/ltx/pack.json')).json());
    const kept: KeptPack = {
      pack,
      state: 'installed',
      trust: 'unsigned',
      keyId: null,
      bytes: 1,
      haveBytes: 1,
      from: { kind: 'folder' },
      installedAtMs: 0,
      verifiedAtMs: 0,
      damagedFiles: [],
    };
    till.know(kept);
    expect(await priceOf('tiny-ltx')).toBe(plain);
    till.know({ ...kept, pack: { ...pack, tier: 'advanced' } });
    expect(await priceOf('tiny-ltx')).toBe(unknown);
  });

  it.each([
    ['it can’t be made', { pictureUrl: 'data:image/png,x' }, 'ERR_MEDIA_VERIFY_FAILED'],
    ['the picture isn’t there', { pictureUrl: 'http://127.0.0.1:1/' }, 'ERR_INPUT_NOT_FOUND'],
    ['nobody takes the file', { uploadUrl: 'http://127.0.0.1:1/' }, 'ERR_INPUT_OUTPUT'],
  ] as const)('pays nothing when %s', async (why, change, code) => {
    const { headless, request, books, store } = await begin(
      why === 'it can’t be made'
        ? () => Promise.reject(new AppError('ERR_MEDIA_VERIFY_FAILED', 'black'))
        : make,
      100,
    );
    expect(await headless.makeClip(request(change), () => undefined)).toMatchObject({
      ok: false,
      error: { code },
    });
    expect(await books()).toEqual({ left: 100, committed: 0, open: 0 });
    expect(await store.jobs()).toEqual([]);
  });

  it.each([
    ['without a tier', null, {}],
    ['beyond its tier', 100, { resolution: '1080p' }],
  ] as const)('is not begun %s', async (_why, amount, change) => {
    let begun = 0;
    const { headless, request, books } = await begin((asked) => {
      begun += 1;
      return make(asked);
    }, amount);
    const settings = { ...request().settings, ...change };
    expect(await headless.makeClip(request({ settings }), () => undefined)).toMatchObject({
      ok: false,
      error: { code: 'ERR_LICENCE_TIER' },
    });
    expect(begun).toBe(0);
    expect(await books()).toMatchObject({ left: amount ?? 0, committed: 0, open: 0 });
  });
});

it('a page whose licence can’t be read makes nothing', async () => {
  const name = freshName();
  const till = createHeadlessTill('unreadable', name);
  tills.push({ till, name });
  await expect(till.charged(DEFAULT_SETTINGS, () => Promise.resolve(1))).rejects.toMatchObject({
    code: 'ERR_LICENCE_CONFIG',
  });
});
