import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { CompactSign, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import * as v from 'valibot';
import { errorBodySchema } from '../src/contracts/licence/api.ts';
import type { LedgerEntry, LedgerEvent, LedgerState } from '../src/contracts/licence/ledger.ts';
import { policySchema } from '../src/contracts/licence/policy.ts';
import { deviceKeySchema, TOKEN_TYPES, type DeviceKey } from '../src/contracts/licence/tokens.ts';
import { digest } from '../src/core/licence/digest.ts';
import { appendEvent, emptyLedger } from '../src/core/licence/ledger.ts';
import { createApp } from './app.ts';
import { createServices } from './create-services.ts';
import { openDatabase, type DatabaseOptions } from './database/database.ts';
import type { Licence, NewLicence } from './services.ts';

export const DAY_MS = 86_400_000;
/** A time within a month, far from its ends. */
export const START_MS = Date.UTC(2027, 2, 10, 12);

const folder = new URL('./policies/', import.meta.url);
const POLICIES = new Map(
  readdirSync(folder).map((name) => {
    const policy = v.parse(policySchema, JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
    return [policy.id, policy] as const;
  }),
);

/** The service over a database, with a clock that the test turns. */
export async function startService(options: DatabaseOptions) {
  const clock = { ms: START_MS, nowMs: () => clock.ms };
  const database = await openDatabase(options, clock);
  const services = await createServices({
    database,
    clock,
    policies: POLICIES,
    issuer: 'https://licence.test',
  });
  const appOptions = { routes: [], middleware: [], appOrigins: ['https://app.test'] };
  const app = createApp(services, appOptions);
  const sell = (licence: Partial<NewLicence> = {}) =>
    database.transaction((tx) =>
      services.accounting.createLicence(tx, 'test', { policy: 'five-tier', tier: 'lite', ...licence }),
    );
  const licence = async (id: string): Promise<Licence> => {
    const found = await services.accounting.findById(database, id);
    if (found === null) throw new Error('no such licence');
    return found;
  };
  return { app, services, database, clock, sell, licence };
}
export type Service = Awaited<ReturnType<typeof startService>>;

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly code: string | null;
  readonly headers: Headers;
}

/** What a test may bend in a request. */
export interface Bend {
  readonly key?: string;
  readonly header?: Record<string, unknown>;
  readonly claims?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
  /** Changes the finished proof. */
  readonly proof?: (proof: string) => string | null;
}

/** A device with a key of its own, and its ledger. */
export class TestDevice {
  readonly service: Service;
  readonly privateKey: CryptoKey;
  readonly jwk: DeviceKey;
  readonly alg: 'EdDSA' | 'ES256';
  id = '';
  ledger: LedgerState = emptyLedger('');
  entries: LedgerEntry[] = [];

  constructor(service: Service, privateKey: CryptoKey, jwk: DeviceKey, alg: 'EdDSA' | 'ES256') {
    this.service = service;
    this.privateKey = privateKey;
    this.jwk = jwk;
    this.alg = alg;
  }

  static async make(service: Service, alg: 'EdDSA' | 'ES256' = 'EdDSA'): Promise<TestDevice> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const { kty, crv, x, y }: JWK = await exportJWK(publicKey);
    const jwk = v.parse(deviceKeySchema, kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x });
    return new TestDevice(service, privateKey, jwk, alg);
  }

  async proof(
    method: string,
    path: string,
    body: string | Uint8Array,
    bend: Bend = {},
  ): Promise<string | null> {
    const claims = {
      htm: method,
      htu: path,
      ath: digest(body),
      iat: Math.floor(this.service.clock.ms / 1000),
      nonce: this.service.services.nonces.issue(),
      ...bend.claims,
    };
    const proof = await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: this.alg, typ: TOKEN_TYPES.proof, jwk: this.jwk, ...bend.header })
      .sign(this.privateKey);
    return bend.proof === undefined ? proof : bend.proof(proof);
  }

  /** @param body a value, or a text that is sent as it is. */
  async ask(method: 'GET' | 'POST', path: string, body?: unknown, bend: Bend = {}): Promise<Reply> {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const proof = await this.proof(method, path, text, bend);
    const response = await this.service.app.request(path, {
      method,
      headers: {
        ...(proof === null ? {} : { 'Stillwake-Proof': proof }),
        ...(method === 'POST'
          ? { 'Content-Type': 'application/json', 'Idempotency-Key': bend.key ?? randomUUID() }
          : {}),
        ...bend.headers,
      },
      ...(method === 'POST' ? { body: text } : {}),
    });
    const answer = await response.text();
    const parsed = v.safeParse(errorBodySchema, JSON.parse(answer));
    const code = response.status >= 400 && parsed.success ? parsed.output.error.code : null;
    return { status: response.status, text: answer, code, headers: response.headers };
  }

  async activate(key: string, bend: Bend = {}): Promise<Reply> {
    const reply = await this.ask(
      'POST',
      '/v1/activate',
      { key, device: { publicKey: this.jwk, name: 'Test' } },
      bend,
    );
    if (reply.code !== null) return reply;
    this.id = v.parse(v.object({ deviceId: v.string() }), JSON.parse(reply.text)).deviceId;
    if (this.ledger.deviceId !== this.id) this.ledger = emptyLedger(this.id);
    return reply;
  }

  /** Writes into the ledger. */
  write(event: LedgerEvent): LedgerEntry {
    const { state, entry } = appendEvent(this.ledger, event, this.service.clock.ms);
    this.ledger = state;
    this.entries.push(entry);
    return entry;
  }

  /** Asks for a lease and writes it into the ledger. */
  async lease(min: number, want: number, bend: Bend = {}): Promise<Reply> {
    const reply = await this.ask('POST', '/v1/leases', { min, want }, bend);
    if (reply.code === null) this.take(reply);
    return reply;
  }

  /** Writes an answered lease into the ledger, once. */
  take(reply: Reply): { leaseId: string; amount: number } {
    const { lease } = v.parse(v.object({ lease: v.string() }), JSON.parse(reply.text));
    const claims: unknown = JSON.parse(Buffer.from(lease.split('.')[1] ?? '', 'base64url').toString());
    const { jti, amount, exp } = v.parse(
      v.object({ jti: v.string(), amount: v.number(), exp: v.number() }),
      claims,
    );
    if (!this.entries.some(({ event }) => event.type === 'lease' && event.leaseId === jti)) {
      this.write({ type: 'lease', leaseId: jti, amount, expiresAtS: exp });
    }
    return { leaseId: jti, amount };
  }

  sync(entries: readonly LedgerEntry[] = this.entries, bend: Bend = {}): Promise<Reply> {
    return this.ask('POST', '/v1/ledger', { entries }, bend);
  }
}

/** A key of the right form that no licence has. */
export function strangeKey(): string {
  const letters = [...randomBytes(25)]
    .map((byte) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.charAt(byte & 31))
    .join('');
  return ['SW', ...(letters.match(/.{5}/g) ?? [])].join('-');
}
