import { afterEach, describe, expect, test } from 'vitest';
import { applyTheme, COLOURS, installTokens, storedTheme, type ColourName } from '../../../src/ui/tokens.ts';

/** Linear-light relative luminance of `#rrggbb`. @source WCAG 2.2, relative luminance */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS: readonly ColourName[] = ['bg', 'surface', 'raised'];
const TEXTS: readonly ColourName[] = ['ink', 'ink-soft', 'accent', 'danger', 'good'];

afterEach(() => applyTheme('system'));

describe.each(['light', 'dark'] as const)('%s colours', (scheme) => {
  test.each(TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)))(
    '%s on %s reads at AA',
    (text, ground) => {
      expect(contrast(COLOURS[text][scheme], COLOURS[ground][scheme])).toBeGreaterThanOrEqual(4.5);
    },
  );

  test.each([
    ['on-accent', 'accent-fill'],
    ['ink', 'accent-wash'],
    ['accent', 'accent-wash'],
    ['ink', 'danger-wash'],
  ] as const)('%s on %s reads at AA', (text, ground) => {
    expect(contrast(COLOURS[text][scheme], COLOURS[ground][scheme])).toBeGreaterThanOrEqual(4.5);
  });

  test.each(GROUNDS)('the outline of a field and the focus ring stand out from %s', (ground) => {
    expect(contrast(COLOURS['line-strong'][scheme], COLOURS[ground][scheme])).toBeGreaterThanOrEqual(3);
    expect(contrast(COLOURS.accent[scheme], COLOURS[ground][scheme])).toBeGreaterThanOrEqual(3);
  });

  test('words on the stage read at AA', () => {
    expect(contrast(COLOURS.ink.dark, COLOURS.stage[scheme])).toBeGreaterThanOrEqual(4.5);
  });
});

test('a theme that was chosen wins over the system, and is remembered', () => {
  installTokens();
  const probe = document.createElement('p');
  probe.style.color = 'var(--sw-ink)';
  document.body.append(probe);
  applyTheme('dark');
  expect(getComputedStyle(probe).color).toBe('rgb(244, 239, 230)');
  expect(storedTheme()).toBe('dark');
  applyTheme('light');
  expect(getComputedStyle(probe).color).toBe('rgb(30, 26, 20)');
  applyTheme('system');
  expect(storedTheme()).toBe('system');
  probe.remove();
});

test("a host page's own value wins", () => {
  installTokens();
  document.documentElement.style.setProperty('--sw-accent', '#123456');
  const probe = document.createElement('p');
  probe.style.color = 'var(--sw-accent)';
  document.body.append(probe);
  expect(getComputedStyle(probe).color).toBe('rgb(18, 52, 86)');
  document.documentElement.style.removeProperty('--sw-accent');
  probe.remove();
});
