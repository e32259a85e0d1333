import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';

/** The longest that the service may take to answer on a busy machine, ms. */
const ANSWER_MS = 30_000;

/** Amounts as the account page shows them. */
export interface Balance {
  readonly here: number;
  readonly reserved: number;
  readonly service: number;
}

const TERMS: Readonly<Record<keyof Balance, string>> = {
  here: 'On this device, free',
  reserved: 'Set aside for clips in the queue',
  service: 'At the service',
};

/** The account page as a person uses it: by what it says. */
export class AccountPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get error(): Locator {
    return this.page.locator('sw-account').getByRole('alert');
  }

  get tier(): Locator {
    return this.page.locator('sw-account h2#tier');
  }

  get keyField(): Locator {
    return this.page.getByLabel('Licence key');
  }

  async open(): Promise<void> {
    const nav = this.page.getByRole('navigation', { name: 'Main' });
    await nav.getByRole('link', { name: 'Account' }).click({ timeout: ANSWER_MS });
    await this.page.getByRole('heading', { name: 'Account', exact: true }).waitFor();
  }

  /** Whether what was bought holds, in a sentence. */
  get status(): Locator {
    return this.page.locator('sw-account .said[role=status]');
  }

  /** Back to the studio. */
  async leave(): Promise<void> {
    await this.page.getByRole('link', { name: 'Studio', exact: true }).click();
  }

  /** Types a key, and presses the button. */
  async enter(key: string, deviceName?: string): Promise<void> {
    await this.keyField.fill(key);
    if (deviceName !== undefined) await this.page.getByLabel('What this device is called').fill(deviceName);
    await this.page.getByRole('button', { name: 'Use this key' }).click();
  }

  /** Enters a key that holds, and waits for its tier. */
  async activate(key: string, tier: string, deviceName?: string): Promise<void> {
    await this.open();
    await this.enter(key, deviceName);
    // A refusal is told with its reason.
    const outcome = async (): Promise<string> =>
      (await this.error.isVisible()) ? await this.error.innerText() : ((await this.tier.textContent()) ?? '');
    await expect.poll(outcome, { timeout: ANSWER_MS }).toBe(tier);
    await this.keyField.waitFor({ state: 'detached', timeout: ANSWER_MS });
  }

  async expectTier(name: string): Promise<void> {
    await expect.poll(() => this.tier.textContent(), { timeout: ANSWER_MS }).toBe(name);
  }

  async refresh(): Promise<void> {
    await this.page.getByRole('button', { name: 'Refresh', exact: true }).click();
  }

  /** Takes this device off, past what it means. */
  async takeOffThisDevice(): Promise<void> {
    const own = this.page.locator('sw-devices li', { hasText: 'This device' });
    await own.getByRole('button', { name: /^Take off / }).click();
    await own.getByRole('button', { name: 'Take this device off' }).click();
    await this.keyField.waitFor({ timeout: ANSWER_MS });
  }

  async #amount(term: string): Promise<number> {
    const row = this.page.locator('sw-balance dl.parts > div', { hasText: term });
    const text = (await row.locator('dd').textContent()) ?? '';
    return Number(/-?[\d,]+/.exec(text)?.[0].replaceAll(',', ''));
  }

  async balance(): Promise<Balance> {
    const [here, reserved, service] = await Promise.all([
      this.#amount(TERMS.here),
      this.#amount(TERMS.reserved),
      this.#amount(TERMS.service),
    ]);
    return { here, reserved, service };
  }

  /** Waits until the page shows these amounts. */
  async expectBalance(expected: Balance): Promise<void> {
    await expect.poll(() => this.balance(), { timeout: ANSWER_MS }).toEqual(expected);
  }

  /** What the service says that was spent in the present period. */
  async spent(): Promise<number> {
    const text = await this.page.locator('sw-balance').getByText(' spent since ').innerText();
    return Number(/^[\d,]+/.exec(text)?.[0].replaceAll(',', ''));
  }
}

/** What stands beside the button that makes a clip. */
export function priceLine(page: Page): Locator {
  return page.locator('sw-price section');
}
