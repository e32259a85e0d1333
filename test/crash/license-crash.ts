import { parseArgs } from 'node:util';
import { runCrashes } from '../licence/crash.ts';
import { makeKeeping } from '../licence/keeping.ts';

const USAGE = `npm run crash:license -- [--times 200] [--database pglite|postgres] [--seed N]

Kills a licence service in the middle of its work, starts it again, sends what was cut off once more, and compares its
books with what was answered. Ends with 1 at the first Moment that was lost, gained or booked twice.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      times: { type: 'string', default: '200' },
      database: { type: 'string', default: 'pglite' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  const kind = values.database;
  const [times, seed] = [Number(values.times), Number(values.seed)];
  const right =
    (kind === 'pglite' || kind === 'postgres') && Number.isInteger(times) && Number.isInteger(seed);
  if (values.help || !right || times < 1) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const { keeping, remove } = await makeKeeping(kind);
  const startMs = performance.now();
  try {
    const report = await runCrashes({ keeping, times, seed, log: (line) => console.log(line) });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
    console.log(
      `${kind}: killed ${report.kills} times in ${seconds} s. ${report.operations} operations, ${report.cutOff} of them ` +
        `cut off and sent again, ${report.repeated} sent once more though answered; ${report.checks} comparisons of the ` +
        `books. Nothing lost, nothing gained, nothing twice.`,
    );
    console.log(JSON.stringify(report.byName));
  } finally {
    await remove();
  }
}

await main();
