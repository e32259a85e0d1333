import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A name that one process on this machine can listen on, for a folder. The system lets go of it when the process ends,
 * however it does; a file with a process's number in it would outlive a kill.
 */
function addressFor(folder: string): string {
  const name = `stillwake-${createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/**
 * Makes the embedded database's folder, readable by its owner alone, and claims it until this process ends or the claim
 * is given back: two processes in one folder would ruin what is in it.
 *
 * @param folder of the database and nothing else.
 * @returns gives the claim back, or null when another process has the folder.
 */
export async function claimFolder(folder: string): Promise<(() => void) | null> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Private signing keys are in it, and what PGlite writes is readable by everyone.
  chmodSync(folder, 0o700);
  const address = addressFor(folder);
  try {
    const server = await listen(address);
    return () => void server.close();
  } catch {
    if (await answers(address)) return null;
  }
  // What a killed process left behind, where such names are files.
  if (address.endsWith('.sock')) rmSync(address, { force: true });
  const server = await listen(address);
  return () => void server.close();
}
