import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { LicenceView } from '../../../src/contracts/licence/view.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { makeKey } from '../../../src/core/licence/key.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { choiceLocks } from '../../../src/ui/lib/choice-locks.ts';
import { readLicenceConfig } from '../../../src/app/licence-config.ts';
import { SwAccount } from '../../../src/ui/sw-account/sw-account.ts';
import type { SwApp } from '../../../src/ui/sw-app/sw-app.ts';
import { SwJob } from '../../../src/ui/sw-job/sw-job.ts';
import { SwPlanner } from '../../../src/ui/sw-planner/sw-planner.ts';
import { SwPrice } from '../../../src/ui/sw-price/sw-price.ts';
import { SwQueue } from '../../../src/ui/sw-queue/sw-queue.ts';
import { SwSettings } from '../../../src/ui/sw-settings/sw-settings.ts';
import { deep, deepAll, jobOf, mount, press, settle, shownError, textOf } from './lib/fixture.ts';
import { FIVE_TIER, FLAT, GOOD_KEY_BYTES, viewOf } from './lib/licence-fixture.ts';
import { start as startApp, useStudioPage, type Started } from './lib/start.ts';

const drawn = useStudioPage();

async function start(licence: LicenceView | null, hash = '#/'): Promise<Started> {
  const settings = { ...DEFAULT_SETTINGS, seconds: 6, resolution: '720p' } as const;
  const started = await startApp({ ...drawn().opened, settings, licence }, hash);
  await settle(started.element);
  return started;
}

const account = (view: LicenceView | null): Promise<SwAccount> =>
  mount(html`<sw-account .view=${view}></sw-account>`, SwAccount);
const price = (view: LicenceView | null): Promise<SwPrice> =>
  mount(html`<sw-price .view=${view}></sw-price>`, SwPrice);
const button = (element: SwApp): HTMLElement => deep(element, '.make', HTMLElement);

describe('without a licence', () => {
  test('nothing of tiers shows, and the button makes', async () => {
    const { app, element } = await start(null);
    expect(deepAll(element, 'nav a').map((link) => link.textContent)).toEqual(['Studio', 'Gallery', 'Packs']);
    expect(deepAll(element, 'sw-price, [href="#/account"]')).toHaveLength(0);
    expect(textOf(element)).not.toMatch(/Moment|tier|licence/i);
    button(element).click();
    await expect.poll(() => app.named('makeClip')).toHaveLength(1);
  });

  test('the page about it says that everything is unlocked', async () => {
    expect(textOf(await account(null))).toContain('Everything is unlocked here');
  });
});

describe('what is left', () => {
  test('of a month lapses at its end; nothing comes again where the tier has no months', async () => {
    const base = viewOf('plus', 3000);
    const known = base.account;
    if (known === null) throw new TypeError('there is no account');
    const period = { startMs: Date.UTC(2027, 2, 10), endMs: Date.UTC(2027, 3, 10) };
    const monthly = textOf(await account({ ...base, account: { ...known, period } }));
    expect(monthly).toContain('come again on');
    const [free] = FIVE_TIER.tiers;
    if (free === undefined) throw new TypeError('there is no tier');
    const left = textOf(await account({ ...base, tier: free, account: { ...known, period, tier: free.id } }));
    expect(left).toContain('What is left over lapses on');
    expect(left).not.toContain('come again');
  });
});

describe('price', () => {
  test('says the price, the share, what is left and how many more', async () => {
    const text = textOf(await price(viewOf('plus', 3000)));
    expect(text).toContain('600 Moments');
    expect(text).toContain('20% of the allowance');
    expect(text).toContain('2,400 Moments left after it');
    expect(text).toContain('enough for 4 like it');
  });

  test('a short try saves 92% and sets the length in one tap', async () => {
    const { app, element } = await start(viewOf('plus', 3000));
    await expect.poll(() => textOf(element)).toContain('Try a short one first: saves 92%');
    press(element, 'Try a short one first: saves 92%');
    await expect.poll(() => app.named('setSettings')[0]?.args).toEqual([{ seconds: 3 }]);
  });

  test('what is too dear says what would fit, and nothing is made', async () => {
    const { app, element } = await start(viewOf('lite', 120));
    await expect.poll(() => textOf(element)).toContain('You have 120 Moments; this clip takes 600 Moments.');
    expect(button(element).getAttribute('aria-disabled')).toBe('true');
    button(element).click();
    press(element, 'Take 3s: 50 Moments');
    await expect.poll(() => app.named('setSettings')).toHaveLength(1);
    expect(app.named('makeClip')).toHaveLength(0);
  });

  test('of the last one it says so, not that none more fits', async () => {
    const text = textOf(await price(viewOf('lite', 1000)));
    expect(text).toMatch(/400 Moments left after it ?, not enough for another like it/);
  });

  test('where nothing fits it says so', async () => {
    expect(textOf(await price(viewOf('lite', 20)))).toContain('No clip fits until more comes.');
  });

  test('a tier that makes none says which one does, beside a link', async () => {
    const { app, element } = await start(viewOf('free', 200));
    await expect.poll(() => textOf(element)).toContain('Making clips is part of Lite.');
    expect(deep(element, 'sw-price a', HTMLAnchorElement).hash).toBe('#/account');
    button(element).click();
    await settle(element);
    expect(app.named('makeClip')).toHaveLength(0);
  });

  test.each(['revoked', 'clock', 'ledger'] as const)('%s stops clips, whatever is left', async (status) => {
    const { element } = await start(viewOf('plus', 3000, { status }));
    expect(button(element).getAttribute('aria-disabled')).toBe('true');
    await expect.poll(() => deepAll(element, 'sw-price [role=status]')).toHaveLength(1);
  });

  test('in grace everything still works', async () => {
    const { app, element } = await start(viewOf('plus', 3000, { status: 'grace' }));
    button(element).click();
    await expect.poll(() => app.named('makeClip')).toHaveLength(1);
  });
});

describe('account', () => {
  test('is in the navigation and shows tier, balance and devices', async () => {
    const { element } = await start(viewOf('plus', 2400), '#/account');
    await expect.poll(() => deepAll(element, 'sw-account sw-tiers table')).toHaveLength(1);
    const text = textOf(element);
    for (const words of [
      'Plus',
      '1,200 Moments',
      'My laptop',
      'This device',
      '1 entry waits',
      '2 of 3 in use',
    ])
      expect(text).toContain(words);
    expect(deepAll(element, 'nav a').at(-1)?.getAttribute('aria-current')).toBe('page');
  });

  test.each([
    ['none', 'No key has been entered'],
    ['active', 'In force until'],
    ['grace', 'Everything still works until'],
    ['ended', 'It ended on'],
    ['revoked', 'withdrawn'],
    ['clock', 'clock was set back'],
    ['ledger', 'record of what was spent'],
  ] as const)('%s is told in words', async (status, words) => {
    expect(textOf(await account(viewOf('plus', 100, { status })))).toContain(words);
  });

  test('an error is a sentence and can be dismissed', async () => {
    const error = shownError('ERR_LICENCE_DEVICES_FULL');
    const { element, commands } = await start(viewOf('plus', 100, { error }), '#/account');
    await expect.poll(() => textOf(element)).toContain(errorSentence(error));
    press(element, 'Dismiss');
    await expect.poll(() => commands.calls).toEqual([['dismissError']]);
  });

  test('a key is forgiven its case and spaces, a slip is told before anyone is asked', async () => {
    const key = makeKey(GOOD_KEY_BYTES);
    const none = { status: 'none', deviceId: null, account: null } as const;
    const { element, commands } = await start(viewOf('free', 0, none), '#/account');
    await expect.poll(() => deepAll(element, '#key')).toHaveLength(1);
    const input = deep(element, '#key', HTMLInputElement);
    const wrong = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    await userEvent.fill(input, wrong);
    await settle(element);
    expect(textOf(element)).toContain('A character of this key is not right.');
    expect(input.getAttribute('aria-invalid')).toBe('true');
    await userEvent.keyboard('{Enter}');
    const loose = key.toLowerCase().replaceAll('-', ' ');
    await userEvent.fill(input, loose);
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => commands.calls).toHaveLength(1);
    expect(commands.calls[0]?.slice(0, 2)).toEqual(['activate', loose]);
  });

  test('taking a device off says first what it means, and Escape keeps it', async () => {
    const { element, commands } = await start(viewOf('plus', 100), '#/account');
    await expect.poll(() => deepAll(element, 'sw-devices li')).toHaveLength(2);
    press(element, 'Take off My laptop');
    await settle(element);
    expect(textOf(element)).toContain('Your clips stay here');
    await userEvent.keyboard('{Escape}');
    await settle(element);
    expect(textOf(element)).not.toContain('Your clips stay here');
    expect(commands.calls).toHaveLength(0);
    press(element, 'Take off My laptop');
    await settle(element);
    press(element, 'Take this device off');
    press(element, 'Take off The phone in the kitchen');
    await settle(element);
    press(deep(element, 'sw-devices .means', HTMLElement), 'Take off The phone in the kitchen');
    await expect
      .poll(() => commands.calls)
      .toEqual([
        ['deactivate', undefined],
        ['deactivate', '8f14e45f-ceea-467f-9a2b-1c5d2b7e9f02'],
      ]);
  });

  test('a host without a service sees the code of this device', async () => {
    const text = textOf(await account(viewOf('plus', 100, { hasApi: false, account: null })));
    expect(text).toContain('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    expect(text).not.toContain('Refresh');
  });

  test('tiers are compared by what their allowance pays for', async () => {
    const element = await account(viewOf('premium', 8000));
    const rows = deepAll(element, 'sw-tiers tr').map((row) =>
      [...row.children].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim()),
    );
    const row = (name: string): string[] => rows.find(([first]) => first?.startsWith(name)) ?? [];
    expect(row('Full clip').slice(1)).toEqual(['None', '1', '5', '13', '25']);
    expect(row('Short clip').slice(1)).toEqual(['None', '20', '60', '160', '300']);
    expect(row('Better model').slice(1)).toEqual(['No', 'No', 'No', 'Yes', 'Yes']);
  });

  test('it fits a phone', async () => {
    await page.viewport(390, 844);
    const { element } = await start(viewOf('plus', 2400), '#/account');
    await expect.poll(() => deepAll(element, 'sw-account sw-tiers table')).toHaveLength(1);
    const main = deep(element, 'main', HTMLElement);
    expect(main.scrollWidth).toBeLessThanOrEqual(390);
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(390);
    expect(deep(element, '.theme', HTMLElement).getBoundingClientRect().right).toBeLessThanOrEqual(390);
    for (const one of deepAll(element, 'nav a, .btn').filter((found) => found.checkVisibility()))
      expect(one.getBoundingClientRect().height).toBeGreaterThanOrEqual(44);
  });
});

test('the planner says the range and what remains', async () => {
  const planner = await mount(html`<sw-planner .view=${viewOf('plus', 3000)}></sw-planner>`, SwPlanner);
  const set = (name: string, count: string): Promise<void> =>
    userEvent.fill(deep(planner, `input[name='${name}']`, HTMLInputElement), count);
  await set('text', '100');
  await set('image', '4');
  await set('voice', '2');
  await set('full', '3');
  await settle(planner);
  expect(textOf(planner)).toContain('2,200 to 2,400 Moments');
  expect(textOf(planner)).toContain('600 to 800 Moments');
  expect(textOf(planner)).toContain('This fits.');
  await set('full', '4');
  await set('short', '1');
  await settle(planner);
  expect(textOf(planner)).toContain('only when things come out at their cheapest');
});

describe('locked choices', () => {
  test('are read out with the reason, reached by arrows, and not taken', async () => {
    const view = viewOf('subscriber', 240_000, { policy: FLAT }, { resolution: '720p', seconds: 4 });
    const settings = { ...DEFAULT_SETTINGS, seconds: 4, resolution: '720p' } as const;
    const element = await mount(
      html`<sw-settings .settings=${settings} .locks=${choiceLocks(view, settings)}></sw-settings>`,
      SwSettings,
    );
    const asked: unknown[] = [];
    element.addEventListener('sw-settings-request', (event) => asked.push(event.detail.change));
    const radios = deepAll(element, 'sw-segments input').slice(0, 3);
    expect(radios.map((radio) => radio.getAttribute('aria-disabled'))).toEqual(['true', null, 'true']);
    expect(radios[2]?.getAttribute('aria-label')).toBe('1080p, locked: no tier has it');
    const taken = deep(element, 'input:checked', HTMLInputElement);
    taken.focus();
    await userEvent.keyboard('{ArrowRight}');
    await settle(element);
    expect(taken.checked).toBe(true);
    expect(textOf(element)).toContain('No tier has this size here.');
    const slider = deep(element, 'input[type=range]', HTMLInputElement);
    slider.value = '9';
    slider.dispatchEvent(new Event('input'));
    await settle(element);
    expect(slider.value).toBe('5');
    expect(asked).toEqual([{ seconds: 5 }]);
    expect(textOf(element)).toContain('No tier has this length here.');
  });

  test('five tiers lock no size and no length', () => {
    const locks = choiceLocks(viewOf('plus', 3000), DEFAULT_SETTINGS);
    expect(locks.resolutions.size).toBe(0);
    expect(locks.seconds).toBeNull();
  });
});

describe('jobs', () => {
  const priced = (id: string, state: Parameters<typeof jobOf>[1]): ReturnType<typeof jobOf> => {
    const job = jobOf(id, state);
    return { ...job, record: { ...job.record, price: 600 } };
  };

  test('say their price, and that nothing was charged when they come to nothing', async () => {
    const jobs = [priced('a', 'queued'), priced('b', 'failed'), priced('c', 'done')];
    const queue = await mount(html`<sw-queue .jobs=${jobs} .policy=${FIVE_TIER}></sw-queue>`, SwQueue);
    for (const words of ['Costs 600 Moments when it’s done', 'Nothing was charged.', 'Cost 600 Moments'])
      expect(textOf(queue)).toContain(words);
    const failed = await mount(
      html`<sw-job .job=${priced('d', 'failed')} .policy=${FIVE_TIER}></sw-job>`,
      SwJob,
    );
    expect(textOf(failed)).toContain('Nothing was charged.');
    const free = await mount(html`<sw-queue .jobs=${jobs}></sw-queue>`, SwQueue);
    expect(textOf(free)).not.toMatch(/charged|Moment/);
  });
});

describe("the page's own words about its licence", () => {
  const keys = [{ kty: 'OKP', crv: 'Ed25519', x: 'abc', kid: 'one', alg: 'EdDSA', use: 'sig' }];

  test('are read when they are right', () => {
    const config = { issuer: 'https://licence.example', keys, url: 'https://licence.example' };
    expect(readLicenceConfig(JSON.stringify(config))).toEqual(config);
  });

  test('an address beside the page becomes a whole one, for proofs name its path', () => {
    const said = { issuer: 'https://host.example', keys, url: '/licence/' };
    expect(readLicenceConfig(JSON.stringify(said))?.url).toBe(`${location.origin}/licence`);
  });

  test.each([
    'not json',
    '{}',
    JSON.stringify({ issuer: 'a', keys: [], url: 'https://a.example' }),
    JSON.stringify({ issuer: 'a', keys }),
    JSON.stringify({ issuer: 'a', keys, url: 'javascript:alert(1)' }),
  ])('and refused when they are not: %s', (content) => expect(readLicenceConfig(content)).toBeNull());
});
