import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { PROOF_MAX_AGE_S } from '../../src/contracts/licence/tokens.ts';
import type { Clock, Database, Nonces } from '../services.ts';

const TIME_BYTES = 6;
const RANDOM_BYTES = 12;
const MAC_BYTES = 16;
const BODY_BYTES = TIME_BYTES + RANDOM_BYTES;
const TEXT = new RegExp(`^[\\w-]{${Math.ceil(((BODY_BYTES + MAC_BYTES) * 4) / 3)}}$`);
const SETTING = 'nonce-secret';
/** How often used ones that no longer matter are deleted: once in so many. */
const PRUNE_EVERY = 256;

/**
 * Makes the source of nonces. Issuing one writes nothing (it carries its time and a MAC), so a flood of requests for
 * them fills no table; the first use of one writes a row, and a second use finds it.
 */
export async function createNonces(database: Database, clock: Clock): Promise<Nonces> {
  await database.query('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    SETTING,
    randomBytes(32).toString('base64url'),
  ]);
  const [row] = await database.query<{ value: string }>('SELECT value FROM settings WHERE name = $1', [
    SETTING,
  ]);
  if (row === undefined) throw new Error('The secret of nonces was not kept.');
  const secret = Buffer.from(row.value, 'base64url');
  const mac = (body: Uint8Array): Buffer =>
    createHmac('sha256', secret).update(body).digest().subarray(0, MAC_BYTES);
  const lifeMs = PROOF_MAX_AGE_S * 1000;
  let uses = 0;

  return {
    issue: () => {
      const body = Buffer.alloc(BODY_BYTES);
      body.writeUIntBE(Math.max(0, clock.nowMs()), 0, TIME_BYTES);
      randomBytes(RANDOM_BYTES).copy(body, TIME_BYTES);
      return Buffer.concat([body, mac(body)]).toString('base64url');
    },
    use: async (nonce) => {
      if (!TEXT.test(nonce)) return false;
      const bytes = Buffer.from(nonce, 'base64url');
      // Two texts may say the same bytes; only the one that was issued counts, or a used one would pass again.
      if (bytes.length !== BODY_BYTES + MAC_BYTES || bytes.toString('base64url') !== nonce) return false;
      const body = bytes.subarray(0, BODY_BYTES);
      if (!timingSafeEqual(mac(body), bytes.subarray(BODY_BYTES))) return false;
      const nowMs = clock.nowMs();
      const expiresAtMs = body.readUIntBE(0, TIME_BYTES) + lifeMs;
      if (expiresAtMs <= nowMs || expiresAtMs - lifeMs > nowMs + lifeMs) return false;
      if (uses++ % PRUNE_EVERY === 0) {
        // Kept twice as long as they hold, for instances' clocks may differ.
        await database.query('DELETE FROM nonces WHERE expires_at_ms < $1', [nowMs - 2 * lifeMs]);
      }
      const rows = await database.query(
        'INSERT INTO nonces (nonce, expires_at_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING nonce',
        [nonce, expiresAtMs],
      );
      return rows.length === 1;
    },
  };
}
