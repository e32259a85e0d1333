/** One design token: its value in the light and in the dark scheme. */
export interface ColourToken {
  readonly light: string;
  readonly dark: string;
}

/**
 * Colours: ink on paper, and one warm amber. Each becomes `--sw-<name>`, and follows the element's `color-scheme`, so
 * that a part can be dark inside a light page (the stage is).
 *
 * @source contrast of every text/ground pair is computed in `test/browser/ui/tokens.test.ts` (WCAG 2.2, AA).
 */
export const COLOURS = {
  bg: { light: '#f5f1e8', dark: '#131210' },
  surface: { light: '#fffdf9', dark: '#1c1b18' },
  raised: { light: '#ece6d9', dark: '#292722' },
  line: { light: '#ddd5c6', dark: '#37342d' },
  'line-strong': { light: '#857a68', dark: '#81786a' },
  ink: { light: '#1e1a14', dark: '#f4efe6' },
  'ink-soft': { light: '#5d5446', dark: '#b9b0a0' },
  accent: { light: '#8f4a00', dark: '#f3b04a' },
  'accent-fill': { light: '#efa234', dark: '#f0a63c' },
  'accent-wash': { light: '#fbe9c8', dark: '#3a2b14' },
  'on-accent': { light: '#231603', dark: '#231603' },
  danger: { light: '#9d2f1c', dark: '#ff9d88' },
  'danger-wash': { light: '#fae2db', dark: '#3b1d17' },
  good: { light: '#2f6429', dark: '#a0d394' },
  stage: { light: '#1f1d1b', dark: '#1f1d1b' },
} as const satisfies Record<string, ColourToken>;

/** Name of a colour token, without its prefix. */
export type ColourName = keyof typeof COLOURS;

/** Everything that is not a colour: spacing on a 4 px grid, radii, type, one easing. Each becomes `--sw-<name>`. */
export const MEASURES = {
  'space-1': '4px',
  'space-2': '8px',
  'space-3': '12px',
  'space-4': '16px',
  'space-5': '24px',
  'space-6': '32px',
  'space-7': '48px',
  'radius-s': '6px',
  'radius-m': '10px',
  'radius-l': '16px',
  target: '44px',
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif",
  'size-s': '0.8125rem',
  'size-m': '0.9375rem',
  'size-l': '1.125rem',
  'size-xl': '1.625rem',
  ease: 'cubic-bezier(0.2, 0, 0.1, 1)',
  quick: '120ms',
  calm: '200ms',
} as const;

/** The style sheet that gives every token its value; zero specificity, so that a host page's own `--sw-*` wins. */
export function tokenSheet(): string {
  const lines = [
    ...Object.entries(COLOURS).map(
      ([name, { light, dark }]) => `--sw-${name}: light-dark(${light}, ${dark});`,
    ),
    ...Object.entries(MEASURES).map(([name, value]) => `--sw-${name}: ${value};`),
    '--sw-shadow: 0 1px 2px rgb(0 0 0 / 0.10), 0 8px 24px rgb(0 0 0 / 0.10);',
  ];
  return `:where(:root) { color-scheme: light dark; ${lines.join(' ')} }
:where(:root[data-sw-theme='light']) { color-scheme: light; }
:where(:root[data-sw-theme='dark']) { color-scheme: dark; }`;
}

const dressed = new WeakSet<Document>();

/** Gives the tokens to a document, once. */
export function installTokens(target: Document = document): void {
  if (dressed.has(target)) return;
  dressed.add(target);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tokenSheet());
  target.adoptedStyleSheets = [sheet, ...target.adoptedStyleSheets];
}

export const THEMES = ['system', 'light', 'dark'] as const;
/** What the person chose; `system` follows `prefers-color-scheme`. */
export type Theme = (typeof THEMES)[number];

const THEME_KEY = 'stillwake.theme';

/** The stored choice; `system` where there is none or storage is closed. */
export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(THEME_KEY);
    return THEMES.find((theme) => theme === value) ?? 'system';
  } catch {
    return 'system';
  }
}

/** Applies a theme to the page and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset['swTheme'];
  else document.documentElement.dataset['swTheme'] = theme;
  try {
    if (theme === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage is closed (private window, third-party frame): the choice lasts for this page.
  }
}
