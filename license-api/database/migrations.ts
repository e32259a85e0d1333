import { keyName, sealAnswer } from '../idempotency-seal.ts';
import type { Clock, Database, Transaction } from '../services.ts';

/** Tells this lock from others in the same database. */
const LOCK = 7_482_913;

/** One step; it is never changed once it was released, another is added after it. */
interface Migration {
  readonly version: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** What SQL alone can't do; after the statements. */
  readonly work?: (tx: Transaction) => Promise<void>;
}

/** Answers that were kept in plain text, by plain keys. */
async function sealAnswers(tx: Transaction): Promise<void> {
  const rows = await tx.query<{ caller: string; key: string; body: string }>(
    'SELECT caller, key, body FROM idempotency',
  );
  for (const { caller, key, body } of rows) {
    await tx.query('UPDATE idempotency SET key = $3, body = $4 WHERE caller = $1 AND key = $2', [
      caller,
      key,
      keyName(caller, key),
      sealAnswer(caller, key, '', body),
    ]);
  }
}

const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'licences, devices, leases, ledgers',
    statements: [
      `CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
      `CREATE TABLE signing_keys (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        kid TEXT PRIMARY KEY,
        private_jwk TEXT NOT NULL,
        created_at_ms BIGINT NOT NULL)`,
      `CREATE TABLE licences (
        id TEXT PRIMARY KEY,
        number BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
        reference TEXT UNIQUE,
        key_hash TEXT NOT NULL UNIQUE,
        key_hint TEXT NOT NULL,
        policy TEXT NOT NULL,
        tier TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('active', 'ended', 'revoked')),
        features TEXT NOT NULL,
        epoch BIGINT NOT NULL DEFAULT 0,
        metered BOOLEAN NOT NULL,
        created_at_ms BIGINT NOT NULL,
        began_at_ms BIGINT NOT NULL,
        period_start_ms BIGINT NOT NULL,
        period_end_ms BIGINT,
        period_allowance BIGINT NOT NULL,
        granted BIGINT NOT NULL DEFAULT 0,
        balance BIGINT NOT NULL DEFAULT 0,
        leased BIGINT NOT NULL DEFAULT 0 CHECK (leased >= 0),
        committed BIGINT NOT NULL DEFAULT 0 CHECK (committed >= 0),
        lapsed BIGINT NOT NULL DEFAULT 0 CHECK (lapsed >= 0),
        spent BIGINT NOT NULL DEFAULT 0 CHECK (spent >= 0),
        CONSTRAINT licence_adds_up CHECK (granted = balance + leased + committed + lapsed))`,
      `CREATE INDEX licences_epoch ON licences (id) WHERE epoch > 0`,
      `CREATE TABLE licence_origins (
        licence_id TEXT NOT NULL REFERENCES licences,
        origin TEXT NOT NULL,
        PRIMARY KEY (licence_id, origin))`,
      `CREATE INDEX licence_origins_origin ON licence_origins (origin)`,
      `CREATE TABLE devices (
        id TEXT PRIMARY KEY,
        licence_id TEXT NOT NULL REFERENCES licences,
        thumbprint TEXT NOT NULL,
        public_key TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('active', 'deactivated', 'frozen')),
        activated_at_ms BIGINT NOT NULL,
        last_seen_at_ms BIGINT NOT NULL,
        ledger_seq BIGINT NOT NULL DEFAULT 0,
        ledger_hash TEXT NOT NULL,
        ledger_state TEXT NOT NULL)`,
      `CREATE UNIQUE INDEX devices_thumbprint ON devices (thumbprint) WHERE state <> 'deactivated'`,
      `CREATE UNIQUE INDEX devices_once ON devices (thumbprint, licence_id)`,
      `CREATE INDEX devices_licence ON devices (licence_id)`,
      `CREATE TABLE leases (
        id TEXT PRIMARY KEY,
        licence_id TEXT NOT NULL REFERENCES licences,
        device_id TEXT NOT NULL REFERENCES devices,
        period_start_ms BIGINT NOT NULL,
        issued_at_ms BIGINT NOT NULL,
        expires_at_ms BIGINT NOT NULL,
        amount BIGINT NOT NULL CHECK (amount > 0),
        committed BIGINT NOT NULL DEFAULT 0 CHECK (committed >= 0),
        released BIGINT NOT NULL DEFAULT 0 CHECK (released >= 0),
        held BIGINT NOT NULL CHECK (held >= 0),
        lapsed BIGINT NOT NULL DEFAULT 0 CHECK (lapsed >= 0 AND lapsed <= released),
        in_ledger BOOLEAN NOT NULL DEFAULT FALSE,
        forfeited BOOLEAN NOT NULL DEFAULT FALSE,
        CONSTRAINT lease_adds_up CHECK (amount = committed + released + held))`,
      `CREATE INDEX leases_device ON leases (device_id)`,
      `CREATE INDEX leases_open ON leases (licence_id, expires_at_ms) WHERE held > 0`,
      `CREATE TABLE ledger_entries (
        device_id TEXT NOT NULL REFERENCES devices,
        seq BIGINT NOT NULL,
        hash TEXT NOT NULL,
        entry TEXT NOT NULL,
        received_at_ms BIGINT NOT NULL,
        PRIMARY KEY (device_id, seq))`,
      `CREATE TABLE movements (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        licence_id TEXT NOT NULL REFERENCES licences,
        device_id TEXT REFERENCES devices,
        at_ms BIGINT NOT NULL,
        kind TEXT NOT NULL,
        amount BIGINT NOT NULL)`,
      `CREATE INDEX movements_licence ON movements (licence_id, number)`,
      `CREATE TABLE idempotency (
        caller TEXT NOT NULL,
        key TEXT NOT NULL,
        request_hash TEXT NOT NULL,
        status BIGINT NOT NULL,
        body TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (caller, key))`,
      `CREATE INDEX idempotency_at ON idempotency (at_ms)`,
      `CREATE TABLE events (
        caller TEXT NOT NULL,
        event_id TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (caller, event_id))`,
      `CREATE TABLE nonces (nonce TEXT PRIMARY KEY, expires_at_ms BIGINT NOT NULL)`,
      `CREATE INDEX nonces_expires ON nonces (expires_at_ms)`,
      `CREATE TABLE audit (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at_ms BIGINT NOT NULL,
        actor TEXT NOT NULL,
        licence_id TEXT,
        action TEXT NOT NULL,
        details TEXT NOT NULL)`,
      `CREATE INDEX audit_licence ON audit (licence_id, number)`,
    ],
  },
  {
    version: 2,
    name: 'payments',
    statements: [
      // The first two were made at each start before they were a step of their own: they may be there, and full.
      `CREATE TABLE IF NOT EXISTS payment_subjects (
        provider TEXT NOT NULL,
        reference TEXT NOT NULL,
        last_at_ms BIGINT NOT NULL,
        closed BOOLEAN NOT NULL,
        PRIMARY KEY (provider, reference))`,
      `CREATE TABLE IF NOT EXISTS payment_links (
        provider TEXT NOT NULL,
        link TEXT NOT NULL,
        reference TEXT NOT NULL,
        PRIMARY KEY (provider, link))`,
      `ALTER TABLE payment_subjects ADD COLUMN refunded BOOLEAN NOT NULL DEFAULT FALSE`,
      `ALTER TABLE payment_links ADD COLUMN at_ms BIGINT NOT NULL DEFAULT 0`,
      `CREATE INDEX payment_links_reference ON payment_links (provider, reference)`,
      `CREATE TABLE payment_aliases (
        provider TEXT NOT NULL,
        link TEXT NOT NULL,
        alias_of TEXT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (provider, link))`,
      `CREATE INDEX payment_aliases_of ON payment_aliases (provider, alias_of)`,
      `CREATE TABLE payment_refunds (
        provider TEXT NOT NULL,
        link TEXT NOT NULL,
        event_id TEXT NOT NULL,
        whole BOOLEAN NOT NULL,
        amount BIGINT NOT NULL,
        of_amount BIGINT NOT NULL,
        at_ms BIGINT NOT NULL,
        PRIMARY KEY (provider, link, event_id))`,
      `CREATE INDEX payment_refunds_at ON payment_refunds (at_ms)`,
    ],
  },
  {
    version: 3,
    name: 'tries to activate',
    statements: [
      `CREATE TABLE attempts (name TEXT PRIMARY KEY, full_at_ms BIGINT NOT NULL)`,
      `CREATE INDEX attempts_full ON attempts (full_at_ms)`,
    ],
  },
  { version: 4, name: 'kept answers are sealed', statements: [], work: sealAnswers },
  {
    version: 5,
    name: 'refunds that came before, and after, what they are of',
    statements: [
      `ALTER TABLE payment_subjects ADD COLUMN active BOOLEAN NOT NULL DEFAULT TRUE`,
      `ALTER TABLE payment_subjects ADD COLUMN refunded_at_ms BIGINT NOT NULL DEFAULT 0`,
      `ALTER TABLE payment_refunds ADD COLUMN applied BOOLEAN NOT NULL DEFAULT FALSE`,
    ],
  },
  {
    version: 6,
    name: 'signing keys come and go in steps',
    statements: [
      `ALTER TABLE signing_keys ADD COLUMN promoted_at_ms BIGINT, ADD COLUMN superseded_at_ms BIGINT,
        ADD COLUMN retired_at_ms BIGINT`,
      // So far each one signed from its making to that of the next.
      `UPDATE signing_keys k SET promoted_at_ms = created_at_ms, superseded_at_ms =
        (SELECT n.created_at_ms FROM signing_keys n WHERE n.number > k.number ORDER BY n.number LIMIT 1)`,
    ],
  },
  {
    version: 7,
    name: 'when tokens were made void',
    statements: [
      `ALTER TABLE licences ADD COLUMN epoch_at_ms BIGINT`,
      // Nobody wrote it down so far: they stay on the list as long as one that is made void today.
      `UPDATE licences SET epoch_at_ms = (extract(epoch FROM now()) * 1000)::bigint WHERE epoch > 0`,
    ],
  },
];

/**
 * Brings the tables up to date, all in one transaction: a kill in the middle leaves the old ones.
 *
 * @param upTo the last step to take; left out: all. Tests make an older database with it.
 * @throws Error when a newer program has been at the database.
 */
export async function migrate(database: Database, clock: Clock, upTo = Infinity): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query(
      `CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, at_ms BIGINT NOT NULL)`,
    );
    const [row] = await tx.query<{ version: number }>(
      'SELECT coalesce(max(version), 0)::bigint AS version FROM migrations',
    );
    const done = row?.version ?? 0;
    const known = MIGRATIONS.at(-1)?.version ?? 0;
    if (done > known) throw new Error(`The database is of version ${done}; this program knows ${known}.`);
    for (const migration of MIGRATIONS.filter(({ version }) => version > done && version <= upTo)) {
      for (const statement of migration.statements) await tx.query(statement);
      await migration.work?.(tx);
      await tx.query('INSERT INTO migrations (version, name, at_ms) VALUES ($1, $2, $3)', [
        migration.version,
        migration.name,
        clock.nowMs(),
      ]);
    }
  });
}
