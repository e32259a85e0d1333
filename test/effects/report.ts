import type { ClipMeasures } from './measure-clip.ts';

/** A measured clip with what it was made of. */
export interface Measured extends ClipMeasures {
  readonly picture: string;
}

function number(value: number): string {
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** One line a check, those that failed marked. */
export function reportLines(measured: Measured): string[] {
  const head = `${measured.picture} · ${measured.preset} (${measured.frames} frames, ${measured.fps} a second)`;
  const lines = measured.checks.map(
    ({ id, value, limit, passed }) => `  ${passed ? 'ok  ' : 'FAIL'} ${id}: ${number(value)} (${limit})`,
  );
  const facts = Object.entries(measured.facts).map(([name, value]) => `${name} ${number(value)}`);
  return [head, ...lines, `       ${facts.join(', ')}`];
}
