import { IDEMPOTENCY_HEADER } from '../src/contracts/licence/tokens.ts';
import { digest } from '../src/core/licence/digest.ts';
import { ApiError } from './api-error.ts';
import { keyName, openAnswer, sealAnswer } from './idempotency-seal.ts';
import type { RawRequest, Transaction } from './services.ts';

/** How long an answer is kept. */
const KEEP_MS = 7 * 86_400_000;

/** The answer that was given. In the database it is sealed, for it may hold a licence key or a token. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

/** @throws ApiError ERR_REQUEST_IDEMPOTENCY without one, or with one of another form. */
export function idempotencyKey(request: RawRequest): string {
  const key = request.headers.get(IDEMPOTENCY_HEADER);
  if (key !== null && /^[\w-]{8,128}$/.test(key)) return key;
  throw new ApiError(
    'ERR_REQUEST_IDEMPOTENCY',
    'Idempotency-Key has to be 8 to 128 letters, digits, _ and -.',
  );
}

/** What a request was authorised with beside its caller's proof; empty for none. */
function bearerOf(request: RawRequest): string {
  return /^Bearer (.+)$/i.exec(request.headers.get('Authorization') ?? '')?.[1] ?? '';
}

const reused = (): ApiError =>
  new ApiError('ERR_REQUEST_IDEMPOTENCY_REUSED', 'This Idempotency-Key came with another request before.');

/**
 * Takes a key for this transaction. Another request with the same one waits until this one ends.
 *
 * @returns the answer that was given before; null when this is the first time.
 * @throws ApiError ERR_REQUEST_IDEMPOTENCY_REUSED when it came with another request.
 */
export async function claimKey(
  tx: Transaction,
  caller: string,
  key: string,
  request: RawRequest,
  nowMs: number,
): Promise<KeptAnswer | null> {
  const hash = digest(`${request.method} ${request.path} ${digest(request.body)}`);
  const name = keyName(caller, key);
  await tx.query('DELETE FROM idempotency WHERE caller = $1 AND at_ms < $2', [caller, nowMs - KEEP_MS]);
  const claimed = await tx.query(
    `INSERT INTO idempotency (caller, key, request_hash, status, body, at_ms) VALUES ($1, $2, $3, 0, '', $4)
     ON CONFLICT DO NOTHING RETURNING key`,
    [caller, name, hash, nowMs],
  );
  if (claimed.length === 1) return null;
  const [row] = await tx.query<{ request_hash: string; status: number; body: string }>(
    'SELECT request_hash, status, body FROM idempotency WHERE caller = $1 AND key = $2',
    [caller, name],
  );
  if (row === undefined) throw new ApiError('ERR_SERVER_BUSY', 'Try again.');
  if (row.request_hash !== hash) throw reused();
  const bearer = bearerOf(request);
  // Answers from before they were bound to the bearer key open without it.
  const body = openAnswer(caller, key, bearer, row.body) ?? openAnswer(caller, key, '', row.body);
  if (body === null) throw reused();
  return { status: row.status, body };
}

/** Keeps the answer, or, with null, lets the key go: the request had no effect that a second try could double. */
export async function keepAnswer(
  tx: Transaction,
  caller: string,
  key: string,
  request: RawRequest,
  answer: KeptAnswer | null,
): Promise<void> {
  const name = keyName(caller, key);
  if (answer === null) {
    await tx.query('DELETE FROM idempotency WHERE caller = $1 AND key = $2', [caller, name]);
    return;
  }
  await tx.query('UPDATE idempotency SET status = $3, body = $4 WHERE caller = $1 AND key = $2', [
    caller,
    name,
    answer.status,
    sealAnswer(caller, key, bearerOf(request), answer.body),
  ]);
}
