import { locale, number, t } from './strings.ts';

/** A length of time as a person says it: "about 6 seconds", "about 2 minutes". */
export function about(seconds: number): string {
  if (seconds < 90) return t('time.aboutSeconds', { count: roundly(seconds) });
  return t('time.aboutMinutes', { count: Math.round(seconds / 60) });
}

/** Time left, shorter and without "about": "6 s left". */
export function left(seconds: number): string {
  if (seconds < 90) return t('time.secondsLeft', { count: Math.max(1, Math.ceil(seconds)) });
  return t('time.minutesLeft', { count: Math.ceil(seconds / 60) });
}

function roundly(seconds: number): number {
  if (seconds <= 1) return 1;
  return seconds < 20 ? Math.round(seconds) : Math.round(seconds / 5) * 5;
}

/** "4 s". */
export function secondsShort(seconds: number): string {
  return number(seconds, { style: 'unit', unit: 'second', unitDisplay: 'narrow', maximumFractionDigits: 1 });
}

/** 0…1 as "42%". */
export function percent(fraction: number): string {
  return number(Math.min(1, Math.max(0, fraction)), { style: 'percent', maximumFractionDigits: 0 });
}

/** "1.4 MB". */
export function bytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let place = 0;
  let value = size;
  while (value >= 1000 && place < units.length - 1) {
    value /= 1000;
    place += 1;
  }
  return number(value, {
    style: 'unit',
    unit: units[place] ?? 'byte',
    unitDisplay: place === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && place > 1 ? 1 : 0,
  });
}

/** "21 Nov, 09:46". */
export function moment(timeMs: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(timeMs);
}

/** "1 Nov 2026". */
export function day(timeMs: number): string {
  return new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(timeMs);
}
