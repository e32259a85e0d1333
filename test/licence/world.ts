import { randomUUID } from 'node:crypto';
import type { LedgerEntry, LedgerEvent, LedgerState } from '../../src/contracts/licence/ledger.ts';
import {
  appendEvent,
  emptyLedger,
  freeTotal,
  releaseEvent,
  reserveEvent,
  returnEvents,
} from '../../src/core/licence/ledger.ts';
import { TestDevice } from './device.ts';
import type { Answered, LicenceServer } from './server.ts';

/** Numbers from 0 (included) to 1 that are the same for the same seed. @source mulberry32, Tommy Ettinger, public domain */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One request, which has one effect however often it is sent. */
export interface Operation {
  readonly name: string;
  /** Always the same bytes and the same `Idempotency-Key`; proofs are made anew. */
  readonly send: (server: LicenceServer) => Promise<Answered>;
  /** Takes the answer into the model; called once. @throws Error when it is one that may not come. */
  readonly take: (answered: Answered) => void;
}

/** Somebody who does one thing after another. */
export interface Actor {
  /** What it does next; null while it has nothing to do. */
  next(): Operation | null;
}

const PRICE = 50;

function refused(answered: Answered, ...codes: readonly string[]): boolean {
  return codes.some((code) => answered.text.includes(`"${code}"`));
}

function must(answered: Answered, name: string): Readonly<Record<string, unknown>> {
  if (answered.status !== 200 && answered.status !== 201) {
    throw new Error(`${name} answered ${answered.status}: ${answered.text.slice(0, 300)}`);
  }
  return JSON.parse(answered.text) as Readonly<Record<string, unknown>>;
}

/** A licence as it must be, by the answers that came. */
export class LicenceModel implements Actor {
  readonly devices: DeviceModel[] = [];
  readonly reference = `crash-${randomUUID()}`;
  id: string | null = null;
  key: string | null = null;
  granted = 0;
  refunded = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  next(): Operation {
    const key = randomUUID();
    if (this.id === null) {
      return {
        name: 'create',
        send: (server) =>
          server.operator(
            'POST',
            '/licences',
            { policy: 'five-tier', tier: 'premium', reference: this.reference },
            key,
          ),
        take: (answered) => {
          const made = must(answered, 'create') as { licence: { id: string; granted: number }; key: string };
          this.id = made.licence.id;
          this.key = made.key;
          this.granted = made.licence.granted;
        },
      };
    }
    const path = `/licences/${this.id}`;
    const amount = 1 + Math.floor(this.#random() * 300);
    const dice = this.#random();
    const [what, change]: ['grant' | 'refund' | 'adjust', number] =
      dice < 0.4 ? ['grant', amount] : dice < 0.7 ? ['refund', PRICE] : ['adjust', -Math.ceil(amount / 10)];
    return {
      name: what,
      send: (server) =>
        server.operator('POST', `${path}/${what}`, { amount: change, reason: 'crash test' }, key),
      take: (answered) => {
        if (what === 'refund' && refused(answered, 'ERR_OPERATOR_CONFLICT')) return;
        must(answered, what);
        if (what === 'refund') this.refunded += change;
        else this.granted += change;
      },
    };
  }
}

/** A device of a licence: its whole ledger, and how much of it the service has confirmed. */
export class DeviceModel implements Actor {
  readonly device = new TestDevice();
  readonly licence: LicenceModel;
  /** Ids and amounts of the leases that came, each once. */
  readonly leases = new Map<string, number>();
  ledger: LedgerState | null = null;
  /** What the service has confirmed. */
  synced: LedgerState | null = null;
  readonly #random: () => number;
  #entries: LedgerEntry[] = [];
  #jobs: string[] = [];

  constructor(licence: LicenceModel, random: () => number) {
    this.licence = licence;
    this.#random = random;
    licence.devices.push(this);
  }

  next(): Operation | null {
    if (this.licence.key === null) return null;
    const { ledger } = this;
    if (ledger === null) return this.#activate(this.licence.key);
    const dice = this.#random();
    if (freeTotal(ledger, Date.now() / 1000) < PRICE && dice < 0.7) return this.#lease();
    if (dice < 0.15)
      return this.#post('refresh', '/v1/refresh', {}, (answered) => void must(answered, 'refresh'));
    if (dice < 0.3) return this.#lease();
    return this.#sync();
  }

  #post(name: string, path: string, body: unknown, take: (answered: Answered) => void): Operation {
    const key = randomUUID();
    return { name, take, send: (server) => this.device.ask(server.url, 'POST', path, body, key) };
  }

  #activate(key: string): Operation {
    const { publicKey } = this.device;
    return this.#post(
      'activate',
      '/v1/activate',
      { key, device: { publicKey, name: 'crash' } },
      (answered) => {
        const { deviceId } = must(answered, 'activate') as { deviceId: string };
        this.ledger = emptyLedger(deviceId);
        this.synced = this.ledger;
      },
    );
  }

  #lease(): Operation {
    const want = PRICE * (1 + Math.floor(this.#random() * 6));
    return this.#post('lease', '/v1/leases', { min: PRICE, want }, (answered) => {
      if (refused(answered, 'ERR_LICENCE_FUNDS')) return;
      const { lease } = must(answered, 'lease') as { lease: string };
      const [, payload = ''] = lease.split('.');
      const { jti, amount, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
        jti: string;
        amount: number;
        exp: number;
      };
      if (this.leases.has(jti)) throw new Error('two requests were given the same lease');
      if (amount < PRICE || amount > want) throw new Error(`a lease of ${amount} for one of up to ${want}`);
      this.leases.set(jti, amount);
      this.#append({ type: 'lease', leaseId: jti, amount, expiresAtS: exp });
    });
  }

  /** Makes a few clips, cancels some, gives something back, and tells the service. */
  #sync(): Operation {
    const jobs = Math.floor(this.#random() * 4);
    for (let i = 0; i < jobs; i++) this.#reserve();
    while (this.#jobs.length > 2) this.#finish(this.#jobs.shift() ?? '');
    if (this.ledger !== null && this.#random() < 0.1) {
      const [event] = returnEvents(this.ledger, 'all');
      if (event !== undefined) this.#append(event);
    }
    const { ledger } = this;
    const entries = this.#entries;
    return this.#post('ledger', '/v1/ledger', { entries }, (answered) => {
      const { seq, hash } = must(answered, 'ledger') as { seq: number; hash: string };
      if (ledger?.head.seq !== seq || ledger.head.hash !== hash) {
        throw new Error(
          `the service has entry ${seq} as its last one, the device ${ledger?.head.seq ?? '?'}`,
        );
      }
      this.synced = ledger;
      this.#entries = [];
    });
  }

  #reserve(): void {
    const { ledger } = this;
    const jobId = randomUUID();
    const event = ledger === null ? null : reserveEvent(ledger, jobId, PRICE, Date.now() / 1000);
    if (event === null) return;
    this.#append(event);
    this.#jobs.push(jobId);
  }

  #finish(jobId: string): void {
    const { ledger } = this;
    const release = ledger !== null && this.#random() < 0.3 ? releaseEvent(ledger, jobId, 'cancelled') : null;
    this.#append(release ?? { type: 'commit', jobId });
  }

  #append(event: LedgerEvent): void {
    if (this.ledger === null) return;
    const { state, entry } = appendEvent(this.ledger, event, Date.now());
    this.ledger = state;
    this.#entries = [...this.#entries, entry];
  }
}
