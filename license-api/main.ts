import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import packageFile from '../package.json' with { type: 'json' };
import { makeKey } from '../src/core/licence/key.ts';
import { ApiError } from './api-error.ts';
import { createApp } from './app.ts';
import { ConfigError, readConfig, USAGE, type Config } from './config.ts';
import { createServices, SYSTEM_CLOCK } from './create-services.ts';
import { openDatabase } from './database/database.ts';
import { claimFolder } from './database/folder-claim.ts';
import { attemptLimit } from './database/limits.ts';
import { requestLog } from './log.ts';
import { errorResponse, onError } from './middleware/errors.ts';
import { cors, securityHeaders } from './middleware/headers.ts';
import { addressOf, originLimit, rateLimit } from './middleware/rate.ts';
import { openApiRoute } from './openapi.ts';
import { deviceRoutes } from './routes/device.ts';
import { operatorAuthenticator, operatorRoutes } from './routes/operator.ts';
import { webhookAuthenticator, webhookRoutes } from './routes/webhook.ts';
import type { AppOptions, Services } from './services.ts';

/** First port of `npm start`, and how many after it are registered for demonstration licences. */
const PAGE_PORT = 4173;
const PAGE_PORTS = 31;
/** Longest time that open requests are waited for at the end. */
const END_MS = 5000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** The secret that demonstration keys follow from, so that they stay the same: made once for each data folder. */
function demonstrationSecret(dataDir: string): Buffer {
  const file = join(dataDir, 'demonstration-secret');
  try {
    writeFileSync(file, randomBytes(32), { flag: 'wx', mode: 0o600 });
  } catch {
    // It is there from an earlier start.
  }
  return readFileSync(file);
}

/** Makes a licence of each tier where there is none yet; returns their keys by the tiers' names. */
async function demonstrationKeys(services: Services, config: Config): Promise<[string, string][]> {
  const secret = demonstrationSecret(config.dataDir);
  const origins = Array.from({ length: PAGE_PORTS }, (_, i) => `http://localhost:${PAGE_PORT + i}`);
  const { policy } = config;
  const keys: [string, string][] = [];
  for (const tier of policy.tiers) {
    const reference = `demonstration:${policy.id}:${tier.id}`;
    const key = makeKey(createHmac('sha256', secret).update(reference).digest());
    await services.database.transaction(async (tx) => {
      if ((await services.accounting.findByKey(tx, key)) !== null) return;
      await services.accounting.createLicence(tx, 'server', {
        policy: policy.id,
        tier: tier.id,
        origins,
        reference,
        key,
      });
    });
    keys.push([tier.name, key]);
  }
  return keys;
}

async function freshServices(config: Config, issuer: string): Promise<Services> {
  const folder = join(config.dataDir, 'database');
  // Kept until the process ends.
  if (config.databaseUrl === null && (await claimFolder(folder)) === null) {
    throw new ConfigError(
      `Another licence API has ${config.dataDir} open: end it, or choose another folder with DATA_DIR.`,
    );
  }
  const database = await openDatabase(
    config.databaseUrl === null ? { folder } : { url: config.databaseUrl },
    SYSTEM_CLOCK,
  );
  try {
    return await createServices({ database, issuer, policies: config.policies });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Looks at a request in memory first, and at a try to activate in the database after that. */
function limits(services: Services): NonNullable<AppOptions['limit']> {
  const guard = rateLimit();
  const attempts = attemptLimit(services.database, services.clock);
  return async (hit) => {
    guard(hit);
    await attempts(hit);
  };
}

function appOf(services: Services, config: Config): ReturnType<typeof createApp> {
  const webhooks = {
    secrets: config.webhookSecrets,
    stripeSecrets: config.stripeWebhookSecrets,
    stripePrices: config.stripePrices,
    keySecret: config.keySecret ?? '',
  };
  const routes = [...(config.operatorKey === null ? [] : operatorRoutes(config)), ...webhookRoutes(webhooks)];
  const all = [...deviceRoutes(config.appOrigins), ...routes];
  return createApp(services, {
    routes: [...routes, openApiRoute(all, packageFile.version)],
    middleware: [
      requestLog((line) => (config.log ? say(line) : undefined)),
      securityHeaders(),
      cors({
        appOrigins: config.appOrigins,
        isRegistered: (origin) => services.accounting.isRegisteredOrigin(services.database, origin),
        limit: originLimit(addressOf(config.trustProxy)),
      }),
    ],
    appOrigins: config.appOrigins,
    address: addressOf(config.trustProxy),
    limit: limits(services),
    authenticateOperator: operatorAuthenticator(config),
    authenticateWebhook: webhookAuthenticator(webhooks, SYSTEM_CLOCK),
    onError,
  });
}

/** What is answered before the database is open: the port is known first, for it may stand in tokens. */
const NOT_YET = { fetch: (): Response => errorResponse(new ApiError('ERR_SERVER_BUSY', 'It is starting.')) };

/** Listens. @returns the server, and its port, which the system chose where 0 was asked for. */
async function listen(
  config: Config,
  serving: { fetch: ReturnType<typeof createApp>['fetch'] },
): Promise<{ server: ReturnType<typeof serve>; port: number }> {
  const server = await new Promise<ReturnType<typeof serve>>((resolve, reject) => {
    const made = serve(
      {
        fetch: (...request) => serving.fetch(...request),
        port: config.port,
        hostname: config.host,
        createServer,
        serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
      },
      () => resolve(made),
    );
    made.once('error', reject);
  });
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : config.port };
}

/** Starts the service and ends it when the process is asked to. @throws ConfigError, or what the database says */
async function main(config: Config): Promise<void> {
  const serving: { fetch: ReturnType<typeof createApp>['fetch'] } = { ...NOT_YET };
  const { server, port } = await listen(config, serving);
  const host = config.host === '127.0.0.1' ? 'localhost' : config.host;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const issuer = config.issuer ?? url;
  const services = await freshServices(config, issuer).catch((error: unknown) => {
    server.close();
    throw error;
  });
  serving.fetch = appOf(services, config).fetch;
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    const timer = setTimeout(() => process.exit(1), END_MS);
    server.close(() => {
      void services.database.close().finally(() => clearTimeout(timer));
    });
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);

  say(`Licence API   ${url}`);
  say(`Issuer        ${issuer}`);
  for (const { kid } of (await services.signer.jwks()).keys) say(`Signing key   ${kid}`);
  if (!config.demonstration) return;
  say(`Demonstration: keys for pages at http://localhost:${PAGE_PORT}, policy ${config.policy.id}`);
  for (const [tier, key] of await demonstrationKeys(services, config)) say(`  ${tier.padEnd(12)} ${key}`);
}

try {
  const config = readConfig(process.argv.slice(2), process.env, join(import.meta.dirname, 'policies'));
  if (config === null) process.stdout.write(USAGE);
  else await main(config);
} catch (error) {
  const known = error instanceof ConfigError || (error instanceof Error && 'code' in error);
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
