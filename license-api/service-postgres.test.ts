import { afterAll, beforeAll } from 'vitest';
import { POSTGRES_HOOK_MS, startPostgres, type TestPostgres } from './test-postgres.ts';
import { afterwardsSuite } from './test-suite-afterwards.ts';
import { databaseSuite } from './test-suite-database.ts';
import { hardshipSuite, serverSuite } from './test-suite-hardship.ts';
import { instancesSuite } from './test-suite-instances.ts';
import { keysSuite } from './test-suite-keys.ts';
import { paymentsSuite } from './test-suite-payments.ts';
import { propertiesSuite } from './test-suite-properties.ts';
import { serviceSuite } from './test-suite.ts';

let server: TestPostgres | null = null;
beforeAll(async () => {
  server = await startPostgres();
}, POSTGRES_HOOK_MS);
afterAll(() => server?.stop());

async function fresh() {
  if (server === null) throw new Error('the server did not start');
  return { url: await server.database() };
}

serviceSuite('PostgreSQL', fresh);
afterwardsSuite('PostgreSQL', fresh);
databaseSuite('PostgreSQL', fresh);
instancesSuite('PostgreSQL', fresh);
paymentsSuite('PostgreSQL', fresh);
keysSuite('PostgreSQL', fresh);
propertiesSuite('PostgreSQL', fresh, 25);
hardshipSuite('PostgreSQL', fresh);
serverSuite(fresh);
