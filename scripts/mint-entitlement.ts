import { runMint } from './lib/licence/mint-command.ts';

// npm starts scripts in the project's root and says in INIT_CWD where the person is.
const startedByNpm = process.env['npm_lifecycle_event'] === 'mint';
const folder = (startedByNpm ? process.env['INIT_CWD'] : undefined) ?? process.cwd();

process.exitCode = await runMint(process.argv.slice(2), {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  folder,
});
