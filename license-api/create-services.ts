import type { Policy } from '../src/contracts/licence/policy.ts';
import { createDeviceAccounting } from './accounting/devices.ts';
import { createAccounting } from './accounting/licences.ts';
import type { Clock, Database, Services } from './services.ts';
import { createSigner } from './signing/keys.ts';
import { createNonces } from './signing/nonces.ts';

/** What the service needs from outside. */
export interface ServicesOptions {
  /** Opened and migrated; whoever opened it closes it. */
  readonly database: Database;
  readonly policies: ReadonlyMap<string, Policy>;
  /** `iss` of all tokens. */
  readonly issuer: string;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** The machine's clock. */
export const SYSTEM_CLOCK: Clock = { nowMs: () => Date.now() };

/** Builds all that `createApp` works with. */
export async function createServices(options: ServicesOptions): Promise<Services> {
  const { database, policies, issuer, clock = SYSTEM_CLOCK } = options;
  const books = { clock, policies };
  return {
    database,
    clock,
    policies,
    accounting: createAccounting(books),
    devices: createDeviceAccounting(books),
    signer: await createSigner({ database, clock, issuer }),
    nonces: await createNonces(database, clock),
  };
}
