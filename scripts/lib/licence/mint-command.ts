import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { amountSchema, nameSchema } from '../../../src/contracts/licence/policy.ts';
import { originSchema, thumbprintSchema } from '../../../src/contracts/licence/tokens.ts';
import { mintEntitlement, mintLease, newSigningKey, verifyingKey, type SigningKey } from './mint.ts';

/** What `npm run mint -- --help` says. */
export const MINT_USAGE = `npm run --silent mint -- --new-key FILE
npm run --silent mint -- --key FILE --issuer URL --subject ID --policy ID --tier ID --device THUMBPRINT
    [--origin URL …] [--days 7] [--feature NAME …] [--epoch 0] [--unmetered] [--lease AMOUNT]

Mints tokens with a key of your own, for a page whose configuration lists the key's public half.

  --new-key FILE        makes an Ed25519 key, writes it to FILE (which must not exist) for its owner alone, and prints
                        the public half for the page's configuration
  --issuer URL          the issuer of the page's configuration
  --subject ID          your name for the customer: letters, digits, _ and -
  --device THUMBPRINT   from the customer's account page
  --origin URL          where the entitlement may be used, as often as needed; without it anywhere
  --days N              7 to 30 days until it ends
  --unmetered           you count by yourself: no prices, no balance
  --lease AMOUNT        a lease of so many Moments as well

Prints one JSON object: {"entitlement": …, "lease": …}`;

/** Where the command reads and writes. */
export interface MintIo {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** What relative paths start from. */
  readonly folder: string;
}

/** Something wrong with the arguments; the message is one sentence. */
class ArgumentError extends Error {}

const idSchema = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));
const wholeSchema = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
const keyFileSchema = v.object({
  kty: v.literal('OKP'),
  crv: v.literal('Ed25519'),
  x: thumbprintSchema,
  d: thumbprintSchema,
  kid: idSchema,
});

function check<TSchema extends v.GenericSchema<string, unknown>>(
  schema: TSchema,
  name: string,
  value: string | undefined,
  wants: string,
): v.InferOutput<TSchema> {
  if (value === undefined) throw new ArgumentError(`--${name} is missing: it wants ${wants}`);
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new ArgumentError(`--${name} wants ${wants}, not ${value}`);
  return parsed.output;
}

function whole(name: string, value: string, min: number, max: number): number {
  const wants = `a whole number from ${min} to ${max}`;
  const number = check(wholeSchema, name, value, wants);
  if (number < min || number > max) throw new ArgumentError(`--${name} wants ${wants}, not ${value}`);
  return number;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'new-key': { type: 'string' },
        key: { type: 'string' },
        issuer: { type: 'string' },
        subject: { type: 'string' },
        policy: { type: 'string' },
        tier: { type: 'string' },
        device: { type: 'string' },
        origin: { type: 'string', multiple: true, default: [] },
        feature: { type: 'string', multiple: true, default: [] },
        days: { type: 'string', default: '7' },
        epoch: { type: 'string', default: '0' },
        unmetered: { type: 'boolean', default: false },
        lease: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new ArgumentError(sentence);
  }
}

async function makeKey(path: string): Promise<string> {
  const key = await newSigningKey();
  try {
    await writeFile(path, `${JSON.stringify(key)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const there = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw new ArgumentError(
      there ? `${path} exists already, and a key is never overwritten` : `${path} can't be written`,
    );
  }
  return JSON.stringify(verifyingKey(key));
}

async function readKey(path: string): Promise<SigningKey> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ArgumentError(`${path} can't be read`);
  });
  try {
    return v.parse(keyFileSchema, JSON.parse(text));
  } catch {
    // Nothing of the file is repeated: it may be somebody's secret.
    throw new ArgumentError(`${path} is no Ed25519 key made with --new-key`);
  }
}

async function mint(values: ReturnType<typeof parse>, folder: string): Promise<string> {
  if (values.key === undefined)
    throw new ArgumentError('--key is missing: it wants a file made with --new-key');
  const issuerSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
  const name = 'a name of small letters, digits and -';
  const grantee = {
    issuer: check(issuerSchema, 'issuer', values.issuer, "the page's configured issuer"),
    subject: check(idSchema, 'subject', values.subject, '1 to 64 letters, digits, _ and -'),
    device: check(thumbprintSchema, 'device', values.device, "the 43 characters of a device's thumbprint"),
    days: whole('days', values.days, 7, 30),
  };
  const grant = {
    ...grantee,
    policy: check(nameSchema, 'policy', values.policy, name),
    tier: check(nameSchema, 'tier', values.tier, name),
    origins: values.origin.map((origin) =>
      check(originSchema, 'origin', origin, 'an origin such as https://example.com'),
    ),
    features: values.feature.map((feature) => check(nameSchema, 'feature', feature, name)),
    epoch: whole('epoch', values.epoch, 0, 1e9),
    metered: !values.unmetered,
  };
  if (grant.origins.length > 64) throw new ArgumentError('--origin may come 64 times at most');
  if (grant.features.length > 32) throw new ArgumentError('--feature may come 32 times at most');
  if (values.unmetered && values.lease !== undefined) {
    throw new ArgumentError('--lease makes no sense with --unmetered: nothing is counted then');
  }
  const amount =
    values.lease === undefined ? null : v.parse(amountSchema, whole('lease', values.lease, 1, 1e12));
  const key = await readKey(resolve(folder, values.key));
  const entitlement = await mintEntitlement(key, grant);
  return JSON.stringify(
    amount === null ? { entitlement } : { entitlement, lease: await mintLease(key, { ...grantee, amount }) },
  );
}

/**
 * The whole command.
 *
 * @param args what follows the command's name.
 * @returns its exit status: 0, or 2 after one sentence to `err`.
 */
export async function runMint(args: readonly string[], io: MintIo): Promise<number> {
  try {
    const values = parse(args);
    const newKey = values['new-key'];
    if (values.help) io.out(MINT_USAGE);
    else if (newKey === undefined) io.out(await mint(values, io.folder));
    else if (args.some((arg) => arg.startsWith('--') && !arg.startsWith('--new-key'))) {
      throw new ArgumentError('--new-key goes with no other option');
    } else io.out(await makeKey(resolve(io.folder, newKey)));
    return 0;
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    io.err(error.message);
    return 2;
  }
}
