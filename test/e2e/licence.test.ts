import { describe, expect, test } from 'vitest';
import { AccountPage, priceLine } from './lib/account.ts';
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
});
