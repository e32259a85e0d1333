import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findPostgres, POSTGRES_MISSING } from '../../license-api/test-machine.ts';
import { CHROME_MISSING, findChrome } from './chrome.ts';
import { findOnPath } from './programs.ts';

/** A program that the tests need and no npm package brings. */
interface Needed {
  readonly debianPackage: string;
  readonly find: () => string | null;
  readonly missing: string;
}

const NEEDED: readonly Needed[] = [
  { debianPackage: 'chromium', find: findChrome, missing: CHROME_MISSING },
  {
    debianPackage: 'ffmpeg',
    find: () => (findOnPath(['ffprobe']) === null ? null : findOnPath(['ffmpeg'])),
    missing:
      'no ffmpeg and ffprobe found: install them (on Debian: apt-get install ffmpeg; elsewhere https://ffmpeg.org)',
  },
  { debianPackage: 'postgresql', find: () => findPostgres(), missing: POSTGRES_MISSING },
];

/** True where packages can be installed without asking: root on a Debian-like system. */
function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/etc/debian_version') && findOnPath(['apt-get']) !== null;
}

function aptGet(args: readonly string[]): boolean {
  const { status } = spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // At this run level a package that brings a service does not start it.
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
  return status === 0;
}

/**
 * Finds a browser, ffmpeg, ffprobe and PostgreSQL; installs Debian's when that is possible without asking.
 *
 * @returns one line for each program that is still missing, saying what to install; empty when all are there.
 */
export function ensurePrograms(log: (line: string) => void): string[] {
  const wanted = NEEDED.filter((program) => program.find() === null);
  // Whoever names a browser that is not there wants to hear of it, not get another one.
  const namesBrowser = (process.env['CHROME_PATH'] ?? '') !== '';
  const packages = wanted
    .map((program) => program.debianPackage)
    .filter((name) => !(namesBrowser && name === 'chromium'));
  if (packages.length > 0 && mayInstall()) {
    log(`installing ${packages.join(', ')} with apt-get`);
    aptGet(['update']);
    aptGet(['install', '--yes', '--no-install-recommends', ...packages]);
  }
  return wanted.filter((program) => program.find() === null).map((program) => program.missing);
}
