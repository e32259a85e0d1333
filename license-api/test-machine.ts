import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';

/** What to do where there is no PostgreSQL. */
export const POSTGRES_MISSING =
  "no PostgreSQL found: install your system's server package (on Debian: apt-get install postgresql; elsewhere https://www.postgresql.org/download/), or put the folder of its initdb and postgres on PATH";

/**
 * The folder with both `initdb` and `postgres`, Debian's newest version first, or null.
 *
 * @param debian where Debian keeps its versions.
 * @param path the search path.
 */
export function findPostgres(debian = DEBIAN, path = process.env['PATH'] ?? ''): string | null {
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const folders = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin')),
    ...path.split(delimiter),
  ];
  return (
    folders.find(
      (folder) =>
        folder !== '' && ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))),
    ) ?? null
  );
}

/** A port of this machine that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}
