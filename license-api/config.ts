import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { policySchema, type Policy } from '../src/contracts/licence/policy.ts';
import { originSchema } from '../src/contracts/licence/tokens.ts';
import { stripePricesSchema, type StripePrices } from './routes/webhook-stripe.ts';

/** What `npm run license-api -- --help` prints. */
export const USAGE = `npm run license-api -- [--port N] [--policy ID|FILE]

  --port N           port to listen on (default 8787; PORT)
  --policy ID|FILE   a ready policy (five-tier, flat, premium-ultimate) or a JSON file (POLICY)
  --help             this text

Settings come from the environment:
  HOST                   address to listen on (default 127.0.0.1)
  DATABASE_URL           postgres://…; left out: an embedded database in DATA_DIR
  DATA_DIR               folder of the embedded database (default .cache/license-api)
  ISSUER                 who stands in tokens (default: the address it listens on)
  OPERATOR_KEY           at least 32 characters; left out: no operator's side
  KEY_SECRET             at least 32 characters; keys of paid licences follow from it
  WEBHOOK_SECRET         secrets of /webhooks/payments, newest first, with commas between
  STRIPE_WEBHOOK_SECRET  secrets of /webhooks/stripe, likewise
  STRIPE_PRICES          JSON: {"price_…": {"policy": "…", "tier": "…", "origins": ["https://…"]}}
  APP_ORIGINS            origins for licences without a list of their own, with commas between
  TRUST_PROXY            1: a proxy in front writes the last hop of X-Forwarded-For
  LOG                    json (default) or off

Without DATABASE_URL and OPERATOR_KEY it is a demonstration: a licence key of every tier is printed.
`;

/** Everything that the service can be told. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Null: the embedded database in {@link dataDir}. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** The one that new demonstration licences have; all ready ones are served beside it. */
  readonly policy: Policy;
  /** By id. */
  readonly policies: ReadonlyMap<string, Policy>;
  /** Null: the address that is listened on. */
  readonly issuer: string | null;
  readonly operatorKey: string | null;
  readonly keySecret: string | null;
  readonly webhookSecrets: readonly string[];
  readonly stripeWebhookSecrets: readonly string[];
  readonly stripePrices: StripePrices;
  readonly appOrigins: readonly string[];
  readonly trustProxy: boolean;
  readonly log: boolean;
  /** Whether licences of every tier are made and their keys printed. */
  readonly demonstration: boolean;
}

/** Something that the service was told is wrong; its message is one sentence for whoever started it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const listSchema = v.pipe(
  v.string(),
  v.transform((text) =>
    text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ),
);
const secretSchema = v.pipe(v.string(), v.minLength(32, 'at least 32 characters'), v.maxLength(512));
const secretsSchema = v.pipe(
  listSchema,
  v.array(v.pipe(v.string(), v.minLength(16, 'at least 16 characters each'), v.maxLength(512))),
  v.maxLength(4),
);

const environmentSchema = v.object({
  PORT: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,5}$/, 'a port'), v.transform(Number), v.maxValue(65535, 'a port')),
    '8787',
  ),
  HOST: v.optional(v.pipe(v.string(), v.regex(/^[\w.:-]{1,255}$/, 'an address')), '127.0.0.1'),
  DATABASE_URL: v.optional(v.pipe(v.string(), v.regex(/^postgres(ql)?:\/\//, 'postgres://…'))),
  DATA_DIR: v.optional(v.pipe(v.string(), v.minLength(1)), '.cache/license-api'),
  POLICY: v.optional(v.pipe(v.string(), v.minLength(1)), 'five-tier'),
  ISSUER: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(255))),
  OPERATOR_KEY: v.optional(
    v.pipe(secretSchema, v.regex(/^[\x21-\x7e]+$/, 'visible characters without spaces')),
  ),
  KEY_SECRET: v.optional(secretSchema),
  WEBHOOK_SECRET: v.optional(secretsSchema, ''),
  STRIPE_WEBHOOK_SECRET: v.optional(secretsSchema, ''),
  STRIPE_PRICES: v.optional(v.pipe(v.string(), v.parseJson(), stripePricesSchema), '{}'),
  APP_ORIGINS: v.optional(v.pipe(listSchema, v.array(originSchema)), ''),
  TRUST_PROXY: v.optional(v.picklist(['0', '1']), '0'),
  LOG: v.optional(v.picklist(['json', 'off']), 'json'),
});

/** Policies that come with the service. */
const READY = ['five-tier', 'flat', 'premium-ultimate'] as const;

/** @throws ConfigError */
function readPolicy(file: string): Policy {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new ConfigError(`The policy ${file} can't be read as JSON.`);
  }
  const result = v.safeParse(policySchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new ConfigError(
    `The policy ${file} is wrong at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}.`,
  );
}

/**
 * Reads what the service is told.
 *
 * @param args of the command line, without the program.
 * @param environment variables; an empty one counts as left out.
 * @param folder where the ready policies are.
 * @returns null when only help is wanted.
 * @throws ConfigError
 */
export function readConfig(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Config | null {
  let options: { port?: string; policy?: string; help?: boolean };
  try {
    options = parseArgs({
      args: [...args],
      options: { port: { type: 'string' }, policy: { type: 'string' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    throw new ConfigError(`${error instanceof Error ? error.message : 'Wrong arguments'} See --help.`);
  }
  if (options.help === true) return null;
  const given = Object.entries({
    ...environment,
    ...(options.port === undefined ? {} : { PORT: options.port }),
    ...(options.policy === undefined ? {} : { POLICY: options.policy }),
  }).filter(([, value]) => value !== undefined && value !== '');
  const result = v.safeParse(environmentSchema, Object.fromEntries(given), { abortEarly: true });
  if (!result.success) {
    const [issue] = result.issues;
    // Neither value nor issue is repeated: it may be a secret.
    const name = v.getDotPath(issue)?.split('.')[0] ?? 'The environment';
    throw new ConfigError(`${name} is wrong: ${issue.kind === 'validation' ? issue.type : 'unreadable'}.`);
  }
  const env = result.output;
  const keySecret = env.KEY_SECRET ?? null;
  if (keySecret === null && env.WEBHOOK_SECRET.length + env.STRIPE_WEBHOOK_SECRET.length > 0) {
    throw new ConfigError('KEY_SECRET is needed with webhooks: keys of paid licences follow from it.');
  }
  const policies = new Map(READY.map((id) => [id as string, readPolicy(join(folder, `${id}.json`))]));
  const policy = policies.get(env.POLICY) ?? readPolicy(env.POLICY);
  policies.set(policy.id, policy);
  for (const [price, bought] of Object.entries(env.STRIPE_PRICES)) {
    if (policies.get(bought.policy)?.tiers.some(({ id }) => id === bought.tier) !== true) {
      throw new ConfigError(`STRIPE_PRICES names a policy or tier for ${price} that there is not.`);
    }
  }
  const operatorKey = env.OPERATOR_KEY ?? null;
  const databaseUrl = env.DATABASE_URL ?? null;
  return {
    port: env.PORT,
    host: env.HOST,
    databaseUrl,
    dataDir: env.DATA_DIR,
    policy,
    policies,
    issuer: env.ISSUER ?? null,
    operatorKey,
    keySecret,
    webhookSecrets: env.WEBHOOK_SECRET,
    stripeWebhookSecrets: env.STRIPE_WEBHOOK_SECRET,
    stripePrices: env.STRIPE_PRICES,
    appOrigins: env.APP_ORIGINS,
    trustProxy: env.TRUST_PROXY === '1',
    log: env.LOG === 'json',
    demonstration: databaseUrl === null && operatorKey === null,
  };
}
