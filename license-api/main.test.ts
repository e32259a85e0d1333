import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';

/** Longest time that a start may take on a busy machine. */
const START_MS = 90_000;

test(
  'a port that the system chooses stands in tokens, and the service ends when asked to',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stillwake-main-'));
    const { DATABASE_URL: _url, ISSUER: _issuer, OPERATOR_KEY: _key, PORT: _port, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'main.ts'), '--port', '0'],
      { env: { ...env, DATA_DIR: folder, LOG: 'off' }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const timer = setTimeout(() => child.kill('SIGKILL'), START_MS);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      const said: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        said.push(line);
        // The last tier of the demonstration.
        if (line.includes('Ultimate')) break;
      }
      const text = said.join('\n');
      const [, url = ''] = /^Licence API +(http:\/\/localhost:\d{2,5})$/m.exec(text) ?? [];
      expect(url, text).not.toBe('');
      expect(text).toMatch(new RegExp(`^Issuer +${url}$`, 'm'));
      expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ ok: true });
      const jwks = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: [] };
      const { revocations } = (await (await fetch(`${url}/v1/revocations`)).json()) as {
        revocations: string;
      };
      await jwtVerify(revocations, createLocalJWKSet(jwks), { issuer: url });
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      clearTimeout(timer);
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    }
  },
  2 * START_MS,
);
