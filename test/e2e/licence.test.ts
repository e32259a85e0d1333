import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { ledgerRequestSchema } from '../../src/contracts/licence/api.ts';
import { AccountPage, priceLine } from './lib/account.ts';
import { probe } from './lib/mp4-file.ts';
import { Studio } from './lib/studio.ts';
import { portraitPath } from './lib/use-app.ts';
import { useLicensedApp } from './lib/use-licence.ts';

const licensed = useLicensedApp();
const { app } = licensed;

/** Prices of the policy `five-tier`, and what its tier Lite has a month. */
const SHORT = 50;
const FULL = 600;
const LITE = 1000;

async function openPage(): Promise<{ studio: Studio; account: AccountPage }> {
  const studio = new Studio(app.page);
  await studio.visit(app.url);
  return { studio, account: new AccountPage(app.page) };
}

/** What the page told of its ledger, in order and without what it told twice. @param from place of the first request */
function ledgerTypes(from: number): string[] {
  const types = new Map<number, string>();
  for (const { method, url, body } of licensed.relay.requests.slice(from)) {
    if (method !== 'POST' || url !== '/v1/ledger') continue;
    const { entries } = v.parse(ledgerRequestSchema, JSON.parse(body.toString()));
    for (const { seq, event } of entries) types.set(seq, event.type);
  }
  return [...types].sort(([a], [b]) => a - b).map(([, type]) => type);
}

/** The one clip of the gallery plays and can be downloaded, whatever the tier (T2). */
async function expectKept(studio: Studio): Promise<void> {
  await studio.expectClips(1);
  await app.page.getByRole('button', { name: /^Open / }).click();
  const video = app.page.locator('sw-clip-dialog video');
  await expect
    .poll(() => video.evaluate((element: HTMLVideoElement) => element.readyState), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(2);
  const downloading = app.page.waitForEvent('download');
  await app.page.getByRole('dialog').getByRole('button', { name: 'Download' }).click();
  const path = app.path('kept.mp4');
  await (await downloading).saveAs(path);
  expect((await probe(path)).streams[0]).toMatchObject({ codec_name: 'h264', nb_read_frames: '72' });
  await app.page.keyboard.press('Escape');
}

describe('a licence in the application', () => {
  test('a key that the demonstration printed: activated, a clip made, its price gone, and booked', async () => {
    const { studio, account } = await openPage();
    await account.activate(licensed.demonstrationKey('Lite'), 'Lite', 'The kitchen table');
    await account.expectBalance({ here: 0, reserved: 0, service: LITE });
    await account.leave();

    await studio.open(await portraitPath());
    await app.page.getByRole('slider').fill('6');
    await expect.poll(() => priceLine(app.page).innerText()).toContain(`${FULL} Moments`);
    const full = await priceLine(app.page).innerText();
    expect(full).toContain('60% of the allowance');
    expect(full).toContain('400 Moments left after it');
    await app.page.getByRole('button', { name: 'Try a short one first: saves 92%' }).click();
    await expect.poll(() => priceLine(app.page).innerText()).toContain(`${SHORT} Moments`);
    const short = await priceLine(app.page).innerText();
    expect(short).toContain('5% of the allowance');
    expect(short).toContain('950 Moments left after it');
    expect(short).toContain('enough for 19 like it');

    await studio.chooseFast();
    await studio.make();
    await studio.waitForClip();
    await account.open();
    await account.expectBalance({ here: LITE - SHORT, reserved: 0, service: 0 });
    await expect.poll(() => account.spent(), { timeout: 30_000 }).toBe(SHORT);

    const { licence, account: seen } = await licensed.demonstration('lite');
    expect(licence).toMatchObject({
      granted: LITE,
      balance: 0,
      leased: LITE - SHORT,
      committed: SHORT,
      lapsed: 0,
    });
    expect(seen.history[0]).toMatchObject({ kind: 'commit', amount: -SHORT, device: 'The kitchen table' });
    expect(seen.devices).toMatchObject([
      { name: 'The kitchen table', state: 'active', leased: LITE - SHORT },
    ]);
  });

  test('a clip that is cancelled, and one that a reload breaks off, cost nothing', async () => {
    const { studio, account } = await openPage();
    const { id, key } = await licensed.createLicence({ tier: 'lite' });
    const first = licensed.relay.requests.length;
    await account.activate(key, 'Lite');
    await account.leave();
    await studio.open(await portraitPath());
    await studio.chooseSlow();
    await studio.make();
    await studio.waitForMiddle();
    await account.open();
    await account.expectBalance({ here: LITE - FULL, reserved: FULL, service: 0 });
    await account.leave();
    await app.page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await studio.makeButton.waitFor();
    await account.open();
    await account.expectBalance({ here: LITE, reserved: 0, service: 0 });

    await account.leave();
    await studio.make();
    await studio.waitForMiddle();
    await app.page.reload();
    await app.page.getByText('A clip was being made when this page closed.').waitFor();
    await account.open();
    await account.expectBalance({ here: LITE, reserved: 0, service: 0 });
    // All of it reaches the service, and none of it is a charge.
    await expect
      .poll(() => ledgerTypes(first), { timeout: 30_000 })
      .toEqual([...['lease', 'reserve', 'release', 'reserve', 'release']]);
    const { licence } = await licensed.show(id);
    expect(licence).toMatchObject({ granted: LITE, balance: 0, leased: LITE, committed: 0, lapsed: 0 });
    expect(await studio.countRecords('clips')).toBe(0);
  });

  test('without a connection a clip is paid from what is on the device, and booked once afterwards', async () => {
    const { studio, account } = await openPage();
    const { id, key } = await licensed.createLicence({ tier: 'lite' });
    await account.activate(key, 'Lite');
    await account.leave();
    await app.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
    await studio.open(await portraitPath());
    await studio.chooseFast();
    await studio.make();
    await studio.waitForClip();
    await expect
      .poll(async () => (await licensed.show(id)).licence.committed, { timeout: 30_000 })
      .toBe(SHORT);

    const before = licensed.relay.requests.length;
    await app.context.setOffline(true);
    // The page comes from what the browser keeps, with its licence.
    await app.page.reload();
    await account.open();
    await account.expectTier('Lite');
    await account.expectBalance({ here: LITE - SHORT, reserved: 0, service: 0 });
    await account.leave();
    await studio.open(await portraitPath());
    await studio.choosePreset('Look around');
    await studio.make();
    await studio.waitForClip();
    await account.open();
    await account.expectBalance({ here: LITE - 2 * SHORT, reserved: 0, service: 0 });
    expect(licensed.relay.requests.slice(before)).toEqual([]);
    expect((await licensed.show(id)).licence.committed).toBe(SHORT);

    await app.context.setOffline(false);
    const booked = { granted: LITE, balance: 0, leased: LITE - 2 * SHORT, committed: 2 * SHORT, lapsed: 0 };
    await expect
      .poll(async () => (await licensed.show(id)).licence, { timeout: 30_000 })
      .toMatchObject(booked);
    await account.refresh();
    await expect.poll(() => account.spent(), { timeout: 30_000 }).toBe(2 * SHORT);
    expect((await licensed.show(id)).licence).toMatchObject(booked);
    expect(ledgerTypes(before)).toEqual(['reserve', 'commit']);
    expect(await studio.countRecords('clips')).toBe(2);
  });

  test('a device that was taken off keeps its clips, and can be activated again', async () => {
    const { studio, account } = await openPage();
    const { id, key } = await licensed.createLicence({ tier: 'lite' });
    await account.activate(key, 'Lite');
    await account.leave();
    await studio.open(await portraitPath());
    await studio.chooseFast();
    await studio.make();
    await studio.waitForClip();
    await account.open();
    await account.takeOffThisDevice();
    await account.expectTier('Free');
    const { licence, account: seen } = await licensed.show(id);
    expect(licence).toMatchObject({ balance: LITE - SHORT, leased: 0, committed: SHORT });
    expect(seen.devices).toMatchObject([{ state: 'deactivated', leased: 0 }]);

    await expectKept(studio);
    await account.leave();
    await studio.choosePreset('Look around');
    await expect.poll(() => priceLine(app.page).innerText()).toContain('Making clips is part of Lite.');
    expect(await studio.makeButton.getAttribute('aria-disabled')).toBe('true');

    await account.activate(key, 'Lite');
    await account.expectBalance({ here: 0, reserved: 0, service: LITE - SHORT });
    await account.leave();
    await expect.poll(() => studio.makeButton.getAttribute('aria-disabled')).toBe('false');
  });

  test('a key of another tier: its own allowance and shares', async () => {
    const { studio, account } = await openPage();
    await account.activate(licensed.demonstrationKey('Premium'), 'Premium');
    await account.expectBalance({ here: 0, reserved: 0, service: 8000 });
    await account.leave();
    await studio.open(await portraitPath());
    await app.page.getByRole('slider').fill('6');
    await expect.poll(() => priceLine(app.page).innerText()).toContain(`${FULL} Moments`);
    const line = await priceLine(app.page).innerText();
    expect(line).toContain('7,400 Moments left after it');
    expect(line).toContain('enough for 12 like it');
  });
});
