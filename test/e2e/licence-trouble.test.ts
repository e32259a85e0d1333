import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { projectPath } from '../../scripts/lib/paths.ts';
import { policySchema, type Policy } from '../../src/contracts/licence/policy.ts';
import { makeKey } from '../../src/core/licence/key.ts';
import { AccountPage, priceLine } from './lib/account.ts';
import { Studio } from './lib/studio.ts';
import { portraitPath } from './lib/use-app.ts';
import { useLicensedApp } from './lib/use-licence.ts';

/** A policy whose lowest tier that makes clips lacks sizes and lengths that a higher one has. */
async function steppedPolicy(): Promise<Policy> {
  const ready: unknown = JSON.parse(
    await readFile(projectPath('license-api/policies/five-tier.json'), 'utf8'),
  );
  const policy = v.parse(policySchema, ready);
  return {
    ...policy,
    id: 'stepped',
    tiers: policy.tiers.map((tier) =>
      tier.id === 'lite'
        ? { ...tier, grant: { ...tier.grant, resolutions: ['480p'], seconds: { min: 3, max: 5 } } }
        : tier,
    ),
  };
}

const folder = await mkdtemp(join(tmpdir(), 'stillwake-policy-'));
const policy = join(folder, 'stepped.json');
beforeAll(async () => writeFile(policy, JSON.stringify(await steppedPolicy())));
const licensed = useLicensedApp({ policy });
const { app } = licensed;
afterAll(() => rm(folder, { recursive: true, force: true }));

afterEach(async () => {
  licensed.relay.mode = 'pass';
  await licensed.relay.start();
});

const SHORT = 50;

const openPage = async (page: Page = app.page): Promise<{ studio: Studio; account: AccountPage }> => {
  const studio = new Studio(page);
  await studio.visit(app.url);
  return { studio, account: new AccountPage(page) };
};
const activations = (): number => licensed.relay.requests.filter(({ url }) => url === '/v1/activate').length;
const error = (account: AccountPage): Promise<string> => account.error.innerText({ timeout: 30_000 });

describe('trouble with a licence', () => {
  test('a slip in a key is told before anyone is asked, a wrong key by the service', async () => {
    const { studio, account } = await openPage();
    const { key } = await licensed.createLicence({ tier: 'lite' });
    await account.open();
    const before = activations();
    await account.keyField.fill(key.slice(0, -1) + (key.endsWith('7') ? '8' : '7'));
    await account.keyField.press('Enter');
    await app.page.getByText('A character of this key is not right.').waitFor();
    expect(activations()).toBe(before);

    await account.enter(makeKey(randomBytes(32)));
    expect(await error(account)).toContain(
      'That key doesn’t work. Check it for a slip, or ask where you got it.',
    );
    await account.expectTier('Free');
    await account.leave();
    await studio.open(await portraitPath());

    // As people paste it.
    await account.activate(` ${key.toLowerCase().replaceAll('-', ' ')} `, 'Lite');
    expect(await account.error.count()).toBe(0);
  });

  test('a service that is down, or answers nonsense: told in words, the rest works, and later it does', async () => {
    const { studio, account } = await openPage();
    const { id, key } = await licensed.createLicence({ tier: 'plus', policy: 'five-tier' });
    await account.open();
    await licensed.relay.stop();
    await account.enter(key);
    expect(await error(account)).toContain('The licence service can’t be reached.');
    await account.leave();
    await studio.open(await portraitPath());
    await studio.expectClips(0);
    await account.open();

    await licensed.relay.start();
    licensed.relay.mode = 'garbage';
    await account.enter(key);
    await expect.poll(() => error(account)).toContain('The licence service did not answer as it should.');

    // It did what it was asked, and nobody heard of it.
    licensed.relay.mode = 'lose-answers';
    await account.enter(key);
    await expect.poll(() => error(account)).toContain('The licence service can’t be reached.');
    licensed.relay.mode = 'pass';
    await account.activate(key, 'Plus');
    const { account: seen } = await licensed.show(id);
    expect(seen.devices).toMatchObject([{ state: 'active' }]);
    await account.expectBalance({ here: 0, reserved: 0, service: 3000 });
  });

  test('a first visit while the service is down: the application works, and nothing is unlocked', async () => {
    await licensed.relay.stop();
    const { studio, account } = await openPage();
    await studio.open(await portraitPath());
    await studio.chooseFast();
    await expect
      .poll(() => priceLine(app.page).innerText(), { timeout: 30_000 })
      .toContain('isn’t known yet');
    expect(await studio.makeButton.getAttribute('aria-disabled')).toBe('true');
    await studio.makeButton.click({ force: true });
    await studio.expectClips(0);
    expect(await studio.countRecords('jobs')).toBe(0);

    await licensed.relay.start();
    const { key } = await licensed.createLicence({ tier: 'plus', policy: 'five-tier' });
    await account.activate(key, 'Plus');
    await account.leave();
    await expect.poll(() => studio.makeButton.getAttribute('aria-disabled')).toBe('false');
  });

  test('a licence that its operator withdrew: the free tier after a refresh, and the clip stays', async () => {
    const { studio, account } = await openPage();
    const { id, key } = await licensed.createLicence({ tier: 'lite', policy: 'five-tier' });
    await account.activate(key, 'Lite');
    await account.leave();
    await studio.open(await portraitPath());
    await studio.chooseFast();
    await studio.make();
    await studio.waitForClip();
    await expect
      .poll(async () => (await licensed.show(id)).licence.committed, { timeout: 30_000 })
      .toBe(SHORT);

    await licensed.revoke(id);
    await account.open();
    await account.refresh();
    await account.expectTier('Free');
    await expect.poll(() => account.status.innerText()).toContain('This licence was withdrawn.');
    await studio.expectClips(1);
    await account.leave();
    await studio.choosePreset('Look around');
    await expect.poll(() => priceLine(app.page).innerText()).toContain('This licence was withdrawn.');
    expect(await studio.makeButton.getAttribute('aria-disabled')).toBe('true');
    expect((await licensed.show(id)).licence).toMatchObject({ state: 'revoked', committed: SHORT });
  });

  test('a choice that the tier lacks is shown locked, with the tier that has it', async () => {
    const { studio, account } = await openPage();
    const { key } = await licensed.createLicence({ tier: 'lite', policy: 'stepped' });
    await account.activate(key, 'Lite');
    await account.leave();
    await studio.open(await portraitPath());
    await app.page.getByRole('radio', { name: '480p' }).check({ force: true });
    const locked = app.page.getByRole('radio', { name: '1080p, locked: part of Plus' });
    expect(await locked.getAttribute('aria-disabled')).toBe('true');
    await locked.click({ force: true });
    await app.page.getByText('This size is part of Plus.').waitFor();
    expect(await locked.isChecked()).toBe(false);
    const slider = app.page.getByRole('slider');
    await slider.fill('12');
    await app.page.getByText('This length is part of Plus.').waitFor();
    expect(await slider.inputValue()).toBe('5');
    await expect.poll(() => studio.makeButton.getAttribute('aria-disabled')).toBe('false');
  });

  test('two tabs that spend the last Moments at once: one clip, one refusal, and the sums hold', async () => {
    const { studio, account } = await openPage();
    const { id, key } = await licensed.createLicence({ tier: 'lite', policy: 'five-tier', balance: SHORT });
    await account.activate(key, 'Lite');
    await account.expectBalance({ here: 0, reserved: 0, service: SHORT });
    await account.leave();
    const other = await openPage(await app.context.newPage());
    const tabs = [studio, other.studio];
    for (const tab of tabs) {
      await tab.page.bringToFront();
      await tab.open(await portraitPath());
      await tab.chooseFast();
      await expect.poll(() => tab.makeButton.getAttribute('aria-disabled')).toBe('false');
    }
    // Both at once: neither waits for what the other one does.
    const press = (button: HTMLElement): void => button.click();
    await Promise.all(tabs.map((tab) => tab.makeButton.evaluate(press)));
    // By the gate, or by the price line where the other tab's clip was known before the press.
    const words = /There isn’t enough left for this clip|You have 0 Moments; this clip takes 50 Moments/;
    const refusals = tabs.map((tab) => tab.page.getByText(words));
    const refused = async (): Promise<number> =>
      (await Promise.all(refusals.map((one) => one.count()))).filter((count) => count > 0).length;
    await expect.poll(refused, { timeout: 30_000 }).toBe(1);
    await expect.poll(() => studio.countRecords('clips'), { timeout: 150_000 }).toBe(1);
    expect(await refused()).toBe(1);
    const spent = { balance: 0, leased: 0, committed: SHORT };
    await expect
      .poll(async () => (await licensed.show(id)).licence, { timeout: 30_000 })
      .toMatchObject(spent);
    const { licence } = await licensed.show(id);
    expect(licence.granted).toBe(licence.balance + licence.leased + licence.committed + licence.lapsed);
    await other.studio.page.close();
  });
});
