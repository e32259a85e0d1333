import { expect, test } from 'vitest';
import { runCrashes } from '../../licence/crash.ts';
import { makeKeeping } from '../../licence/keeping.ts';

/** So many kills at most, and no new one after so long, so that a slow machine ends in time, ms. */
const TIMES = 8;
const LONGEST_MS = 25_000;

test.each(['pglite', 'postgres'] as const)(
  'a service on %s that is killed in the middle of its work loses nothing and does nothing twice',
  { timeout: 120_000 },
  async (kind) => {
    const { keeping, remove } = await makeKeeping(kind);
    try {
      const untilMs = performance.now() + LONGEST_MS;
      const report = await runCrashes({ keeping, times: TIMES, seed: Date.now(), untilMs });
      expect(report.kills).toBeGreaterThan(0);
      expect(report.checks).toBeGreaterThan(0);
      expect(report.operations).toBeGreaterThan(0);
    } finally {
      await remove();
    }
  },
);
