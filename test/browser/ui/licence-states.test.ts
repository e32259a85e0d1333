import { html } from 'lit';
import { afterEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { LicenceView } from '../../../src/contracts/licence/view.ts';
import { standInView } from '../../../src/app/licence/stand-in.ts';
import { makeKey } from '../../../src/core/licence/key.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { choiceLocks } from '../../../src/ui/lib/choice-locks.ts';
import { readPastedTokens } from '../../../src/ui/lib/pasted-tokens.ts';
import { SwHistory } from '../../../src/ui/sw-history/sw-history.ts';
import { SwLocked } from '../../../src/ui/sw-locked/sw-locked.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { deep, deepAll, jobOf, mount, press, settle, shownError, textOf } from './lib/fixture.ts';
import { GOOD_KEY_BYTES, viewOf } from './lib/licence-fixture.ts';
import { change, start, useStudioPage, type Started } from './lib/start.ts';

const drawn = useStudioPage();
afterEach(() => document.documentElement.style.removeProperty('font-size'));

const NO_KEY = { status: 'none', deviceId: null, account: null, steps: ['activate'] } as const;

/** The account page once everything on it is there. */
async function startAccount(licence: LicenceView): Promise<Started> {
  const started = await start({ licence }, '#/account');
  await expect.poll(() => deepAll(started.element, 'sw-account #tier')).toHaveLength(1);
  await settle(started.element);
  return started;
}

/** What has the focus, through all shadow roots. */
function focused(): Element | null {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
}

describe('where the focus goes', () => {
  const enterKey = async ({ element }: Started): Promise<void> => {
    await userEvent.fill(deep(element, '#key', HTMLInputElement), makeKey(GOOD_KEY_BYTES));
    await userEvent.keyboard('{Enter}');
  };

  test('after a key that held: to the tier that is in force now', async () => {
    const started = await startAccount(viewOf('free', 0, NO_KEY));
    await enterKey(started);
    await expect.poll(() => started.commands.calls).toHaveLength(1);
    await change(started.element, started.app, {
      licence: viewOf('free', 0, { ...NO_KEY, busy: 'activate' }),
    });
    await change(started.element, started.app, { licence: viewOf('plus', 3000) });
    expect(focused()?.id).toBe('tier');
    expect(focused()?.textContent).toContain('Plus');
  });

  test('after a key that did not: back into the key, beside the reason', async () => {
    const started = await startAccount(viewOf('free', 0, NO_KEY));
    await enterKey(started);
    await expect.poll(() => started.commands.calls).toHaveLength(1);
    await change(started.element, started.app, {
      licence: viewOf('free', 0, { ...NO_KEY, busy: 'activate' }),
    });
    // The application says that it has ended before it says how.
    await change(started.element, started.app, { licence: viewOf('free', 0, NO_KEY) });
    const error = shownError('ERR_LICENCE_KEY');
    await change(started.element, started.app, { licence: viewOf('free', 0, { ...NO_KEY, error }) });
    expect(focused()?.id).toBe('key');
    expect(focused()?.getAttribute('aria-invalid')).toBe('true');
    const alert = deep(started.element, 'sw-account [role=alert]', HTMLElement);
    expect(alert.textContent).toContain(errorSentence(error));
    expect(textOf(started.element)).not.toContain('The key is complete.');
  });

  test('after another device was taken off: to the list; after this one: to the tier', async () => {
    const view = viewOf('plus', 3000);
    const started = await startAccount(view);
    const { element, app } = started;
    const phone = view.account?.devices[1];
    press(element, 'Take off The phone in the kitchen');
    await settle(element);
    expect(focused()?.id).toBe('means');
    press(deep(element, 'sw-devices .means', HTMLElement), 'Take off The phone in the kitchen');
    await settle(element);
    const account =
      view.account === null ? null : { ...view.account, devices: view.account.devices.slice(0, 1) };
    await change(element, app, { licence: { ...view, account } });
    expect(phone?.name).toBe('The phone in the kitchen');
    expect(focused()?.textContent).toBe('Devices');
    press(element, 'Take off My laptop');
    await settle(element);
    press(element, 'Take this device off');
    await settle(element);
    await change(element, app, { licence: viewOf('free', 0, NO_KEY) });
    expect(focused()?.id).toBe('tier');
  });

  test('a device that is kept: back to its button', async () => {
    const { element } = await startAccount(viewOf('plus', 3000));
    press(element, 'Take off My laptop');
    await settle(element);
    press(element, 'Keep it');
    await settle(element);
    expect(focused()?.getAttribute('aria-label')).toBe('Take off My laptop');
  });
});

describe('what is read out', () => {
  test('each change of what is owned, and not what a clip sets aside', async () => {
    const { app, element } = await start({ ...drawn().opened, licence: viewOf('plus', 3000) });
    const voices = (): string[] => deepAll(element, '.vh[aria-live]').map((one) => one.textContent.trim());
    const moments = (available: number, reserved: number): Partial<LicenceView> => ({
      moments: { here: available, reserved, balance: 0, available },
    });
    expect(voices().join('')).toBe('');
    await change(element, app, { licence: viewOf('plus', 2400, moments(2400, 600)) });
    expect(voices().join('')).toBe('');
    await change(element, app, { licence: viewOf('plus', 2400, moments(2400, 0)) });
    expect(voices()).toContain('Now 2,400 Moments left');
  });
});

describe('a job that came to nothing', () => {
  const priced = (): ReturnType<typeof jobOf> => {
    const job = jobOf('job-1', 'running');
    return { ...job, record: { ...job.record, price: 600 } };
  };

  test.each([
    [viewOf('plus', 3000), true],
    [null, false],
  ])(
    'cancelled: that nothing was charged is said where it ended, if anything could be',
    async (licence, says) => {
      const { app, element } = await start({ ...drawn().opened, jobs: [priced()], licence });
      Object.assign(app, { cancelJob: async () => app.set({ jobs: [] }) });
      press(element, /^Cancel /);
      await settle(element);
      expect(textOf(element).includes('Cancelled. Nothing was charged.')).toBe(says);
    },
  );
});

describe('history', () => {
  const lines = (view: LicenceView): Promise<SwHistory> =>
    mount(html`<sw-history .view=${view}></sw-history>`, SwHistory);

  test('a clip is one line with its sign, whether it was made, given up or waits', async () => {
    const at = (minute: number): number => Date.UTC(2026, 10, 21, 9, minute);
    const element = await lines(
      viewOf('plus', 3000, {
        account: null,
        history: [
          { atMs: at(9), kind: 'reserve', amount: 50, jobId: 'c' },
          { atMs: at(8), kind: 'commit', amount: 600, jobId: 'b' },
          { atMs: at(7), kind: 'reserve', amount: 600, jobId: 'b' },
          { atMs: at(6), kind: 'release', amount: 600, jobId: 'b' },
          { atMs: at(5), kind: 'reserve', amount: 600, jobId: 'b' },
          { atMs: at(4), kind: 'lease', amount: 1500, jobId: null },
        ],
      }),
    );
    const shown = deepAll(element, 'li').map((line) => line.textContent.replace(/\s+/g, ' ').trim());
    expect(shown.map((line) => line.replace(/ Nov .*?M /, ' '))).toEqual([
      'Set aside for a clip in the queue −50 Moments',
      'Clip paid −600 Moments',
      'No clip was made, nothing was charged 0 Moments',
      'Came to this device +1,500 Moments',
    ]);
  });

  test('a long one shows five lines, and all when asked', async () => {
    const history = Array.from({ length: 12 }, (_, place) => ({
      atMs: place,
      kind: 'lease' as const,
      amount: 1,
      jobId: null,
    }));
    const element = await lines(viewOf('plus', 3000, { account: null, history }));
    expect(deepAll(element, 'li')).toHaveLength(5);
    press(element, 'Show all 12');
    await settle(element);
    expect(deepAll(element, 'li')).toHaveLength(12);
    expect(deep(element, 'button', HTMLButtonElement).getAttribute('aria-expanded')).toBe('true');
  });
});

describe('locked choices', () => {
  test('sound, model and mode show with their tier; a key opens why, and what that tier gives', async () => {
    const locks = choiceLocks(viewOf('free', 200), DEFAULT_SETTINGS);
    expect(locks.extras.map(({ what, tier }) => [what, tier])).toEqual([
      ['sound', 'Lite'],
      ['quality', 'Premium'],
    ]);
    const element = await mount(html`<sw-locked .choices=${locks.extras}></sw-locked>`, SwLocked);
    expect(deepAll(element, 'button').map((one) => one.getAttribute('aria-label'))).toEqual([
      'Sound, locked: part of Lite',
      'Better model, locked: part of Premium',
    ]);
    await userEvent.tab();
    await userEvent.tab();
    await userEvent.keyboard('{Enter}');
    await settle(element);
    expect(textOf(element)).toContain('This model is part of Premium.');
    expect(textOf(element)).toContain('Premium: 8,000 Moments a month');
    expect(deep(element, 'a', HTMLAnchorElement).hash).toBe('#/account');
    for (const one of deepAll(element, 'button, a'))
      expect(one.getBoundingClientRect().height).toBeGreaterThanOrEqual(44);
  });

  test('the highest tier has nothing locked', () => {
    expect(choiceLocks(viewOf('ultimate', 15_000), DEFAULT_SETTINGS).extras).toEqual([]);
  });
});

describe('what a host gives', () => {
  const token = (typ: string): string =>
    [btoa(JSON.stringify({ alg: 'EdDSA', typ })), 'c'.repeat(40), 's'.repeat(40)]
      .join('.')
      .replaceAll('=', '');
  const entitlement = token('stillwake-entitlement+jwt');
  const lease = token('stillwake-lease+jwt');
  const byHost = { hasApi: false, account: null, deviceId: null } as const;

  test('is found in what was pasted, alone or as the mint prints it', () => {
    expect(readPastedTokens('hello, no token here')).toBeNull();
    expect(readPastedTokens(` ${entitlement}\n`)).toEqual({ entitlement });
    expect(readPastedTokens(JSON.stringify({ entitlement, lease }))).toEqual({
      entitlement,
      leases: [lease],
    });
    expect(readPastedTokens(lease)).toEqual({ leases: [lease] });
  });

  test('is handed in by the person, beside the code that the host needs', async () => {
    const started = await startAccount(viewOf('free', 0, { ...byHost, status: 'none' }));
    const { element, app, commands } = started;
    expect(textOf(element)).toContain('has given this device no tier yet');
    expect(textOf(element)).toContain('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    press(element, 'Use it');
    await settle(element);
    expect(textOf(element)).toContain('There is nothing in this that gives a tier.');
    const field = deep(element, '#tokens', HTMLTextAreaElement);
    expect(focused()).toBe(field);
    await userEvent.fill(field, `${entitlement} ${lease}`);
    press(element, 'Use it');
    await expect.poll(() => commands.calls).toEqual([['acceptTokens', { entitlement, leases: [lease] }]]);
    const error = shownError('ERR_LICENCE_TOKEN');
    await change(element, app, { licence: viewOf('free', 0, { ...byHost, status: 'none', error }) });
    expect(textOf(element)).toContain('Ask the site for it again.');
    expect(focused()).toBe(field);
    press(element, 'Use it');
    await expect.poll(() => commands.calls).toHaveLength(2);
    await change(element, app, { licence: viewOf('plus', 500, { ...byHost, endsAtMs: 5 }) });
    expect(textOf(element)).not.toContain('It renews itself');
    expect(focused()?.id).toBe('tier');
    expect(field.value).toBe('');
  });

  test('is handed in by the page, which hears for which device to mint', async () => {
    const heard: unknown[] = [];
    const listen = (event: Event): void => void ('detail' in event ? heard.push(event.detail) : undefined);
    document.addEventListener('sw-licence-change', listen);
    const view = viewOf('free', 0, { ...byHost, status: 'none', endsAtMs: null });
    const { app, element, commands } = await start({ licence: view });
    await change(element, app, { licence: { ...view, busy: 'refresh' } });
    document.removeEventListener('sw-licence-change', listen);
    const deviceThumbprint = view.deviceThumbprint;
    expect(heard).toEqual([{ status: 'none', tier: 'free', deviceThumbprint, endsAtMs: null }]);
    expect(await element.acceptTokens({ entitlement })).toBe(true);
    expect(commands.calls).toEqual([['acceptTokens', { entitlement }]]);
    const unlicensed = await start({});
    expect(await unlicensed.element.acceptTokens({ entitlement })).toBe(false);
  });
});

describe('where nothing is known of the tiers', () => {
  const config = { issuer: 'https://licence.example', keys: [], url: 'https://licence.example' };

  test.each([
    ['unreadable settings', standInView(null, null, null), 'tell whoever runs the page'],
    ['a service never reached', standInView(config, null, null), 'Connect to the internet once'],
  ])('%s: the page says so and shows no empty tier', async (_name, licence, words) => {
    const { element } = await startAccount(licence);
    const text = textOf(element);
    expect(text).toContain(words);
    expect(text).not.toContain('…');
    expect(deepAll(element, 'sw-tiers, sw-planner, sw-balance, sw-history')).toHaveLength(0);
  });

  test('the gallery stays, and the studio says why no clip is made', async () => {
    const { element, app } = await start({ ...drawn().opened, licence: standInView(null, null, null) });
    await expect.poll(() => textOf(element)).toContain('licence settings can’t be read');
    deep(element, '.make', HTMLElement).click();
    await settle(element);
    expect(app.named('makeClip')).toHaveLength(0);
    location.hash = '#/gallery';
    await expect.poll(() => textOf(element)).toContain('No clips yet');
  });
});

test.each([
  ['new keys', { steps: ['reload'] }, 'Reload the page to go on with them.'],
  ['a changed ledger', { status: 'ledger', fault: 'damaged', steps: ['activate'] }, 'changed from outside'],
  [
    'a restored copy',
    { status: 'ledger', fault: 'forked', steps: ['activate'] },
    'a copy of it was restored',
  ],
  [
    'a ledger at fault at a host',
    { status: 'ledger', fault: 'damaged', steps: ['ask-seller'] },
    'Ask whoever sold',
  ],
  ['a refused ledger', { status: 'refused', fault: 'refused', steps: ['activate'] }, 'The service refused'],
  ['a device taken off', { status: 'removed', steps: ['activate'] }, 'no longer part of a licence'],
  ['a tier from a host', { hasApi: false, steps: [] }, 'In force until'],
] as const)('%s: said in words', async (_name, state, words) => {
  const { element } = await startAccount(viewOf('plus', 100, state));
  expect(textOf(element)).toContain(words);
  const needsKey = state.steps.some((step) => step === 'activate');
  expect(deepAll(element, 'sw-key-form')).toHaveLength(needsKey ? 1 : 0);
});

test.each(['removed', 'revoked'] as const)(
  '%s: said once, no key is called wrong, and what the licence has is not this device’s',
  async (status) => {
    const error = shownError('ERR_LICENCE_DEVICE');
    const { element } = await startAccount(viewOf('free', 100, { status, steps: ['activate'], error }));
    expect(deepAll(element, 'sw-account .error, sw-balance, sw-planner')).toHaveLength(0);
    expect(deep(element, 'sw-key-form #key', HTMLInputElement).getAttribute('aria-invalid')).toBe('false');
  },
);

test.each([390, 320])('at %i px nothing leaves the page, in either direction of writing', async (width) => {
  await page.viewport(width, 800);
  for (const dir of ['ltr', 'rtl']) {
    document.documentElement.dir = dir;
    const { element } = await startAccount(viewOf('ultimate', 15_000));
    expect(deep(element, 'main', HTMLElement).scrollWidth).toBeLessThanOrEqual(width);
    for (const one of deepAll(element, 'sw-account button, sw-account select, sw-account dd')) {
      const { left, right } = one.getBoundingClientRect();
      expect(left).toBeGreaterThanOrEqual(0);
      expect(right).toBeLessThanOrEqual(width);
    }
    const theme = deep(element, '.theme', HTMLElement).getBoundingClientRect();
    expect(Math.min(theme.left, width - theme.right)).toBeGreaterThanOrEqual(0);
    const mine = deep(element, 'sw-tiers thead .mine', HTMLElement).getBoundingClientRect();
    expect(mine.left).toBeGreaterThanOrEqual(0);
    expect(mine.right).toBeLessThanOrEqual(width);
  }
});
