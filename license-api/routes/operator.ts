import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import * as v from 'valibot';
import { accountSchema, keySchema } from '../../src/contracts/licence/api.ts';
import { amountSchema, nameSchema, policySchema } from '../../src/contracts/licence/policy.ts';
import { originSchema } from '../../src/contracts/licence/tokens.ts';
import { makeKey } from '../../src/core/licence/key.ts';
import { audit } from '../accounting/book.ts';
import { ApiError } from '../api-error.ts';
import { route } from '../route.ts';
import {
  LICENCE_STATES,
  type AppOptions,
  type Licence,
  type Queryable,
  type Route,
  type RouteContext,
} from '../services.ts';
import { operatorKeyRoutes } from './operator-keys.ts';

const idSchema = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));
const reasonSchema = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const integerSchema = v.pipe(v.number(), v.integer());
/** An operator's or provider's own name for a licence. */
export const referenceSchema = v.pipe(v.string(), v.regex(/^[\w.:@-]{1,128}$/));
/** Where a licence may be used. */
export const originsSchema = v.pipe(v.array(originSchema), v.maxLength(64));
/** Extras beyond a tier. */
export const featuresSchema = v.pipe(v.array(nameSchema), v.maxLength(32));
const positiveSchema = v.pipe(amountSchema, v.minValue(1));

/** A licence as operators see it; see {@link Licence}. */
export const licenceSchema = v.object({
  id: v.string(),
  reference: v.nullable(v.string()),
  keyHint: v.string(),
  policy: nameSchema,
  tier: nameSchema,
  state: v.picklist(LICENCE_STATES),
  origins: v.array(v.string()),
  features: v.array(v.string()),
  epoch: integerSchema,
  metered: v.boolean(),
  createdAtMs: integerSchema,
  periodStartMs: integerSchema,
  periodEndMs: v.nullable(integerSchema),
  granted: integerSchema,
  balance: integerSchema,
  leased: integerSchema,
  committed: integerSchema,
  lapsed: integerSchema,
  spent: integerSchema,
});

const answerSchema = v.object({ licence: licenceSchema });
const createSchema = v.strictObject({
  policy: nameSchema,
  tier: nameSchema,
  origins: v.optional(originsSchema),
  features: v.optional(featuresSchema),
  metered: v.optional(v.boolean()),
  reference: v.optional(referenceSchema),
});
const changeSchema = v.strictObject({
  tier: v.optional(nameSchema),
  state: v.optional(v.picklist(['active', 'ended'])),
  origins: v.optional(originsSchema),
  features: v.optional(featuresSchema),
  raiseEpoch: v.optional(v.boolean()),
});
const amountRequestSchema = v.strictObject({ amount: positiveSchema, reason: reasonSchema });
const adjustSchema = v.strictObject({
  amount: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(-1e12),
    v.maxValue(1e12),
    v.check((amount) => amount !== 0, 'not 0'),
  ),
  reason: reasonSchema,
});
const pageEntries = {
  limit: v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number), v.minValue(1), v.maxValue(200)),
    '50',
  ),
  after: v.optional(v.pipe(v.string(), v.regex(/^[\w.:=-]{1,128}$/))),
};
const auditEntrySchema = v.object({
  id: integerSchema,
  atMs: integerSchema,
  actor: v.string(),
  licenceId: v.nullable(v.string()),
  action: v.string(),
  details: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
});

/** A licence as plain, mutable data, the way a schema wants it. */
export function licenceView(licence: Licence): v.InferOutput<typeof licenceSchema> {
  return { ...licence, origins: [...licence.origins], features: [...licence.features] };
}

/** The parameter `:id` of a path. @throws ApiError ERR_REQUEST_NOT_FOUND when no id can look like it. */
function idOf({ params }: RouteContext): string {
  const { id } = params;
  if (!v.is(idSchema, id)) throw notFound();
  return id;
}

function notFound(): ApiError {
  return new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such licence or device.');
}

/**
 * Key of a licence that was made by a payment: it follows from its reference, so that a shop's own page can show it to
 * whoever paid, without the key being kept anywhere. @source RFC 2104 (HMAC)
 *
 * @param secret at least 32 characters; another secret gives other keys.
 */
export function keyForReference(secret: string, reference: string): string {
  return makeKey(createHmac('sha256', secret).update(`stillwake-licence-key:${reference}`).digest());
}

/** How operators are known. */
export interface OperatorOptions {
  /** Null: nobody is an operator. */
  readonly operatorKey: string | null;
  /** See {@link keyForReference}; null: no key follows from anything. */
  readonly keySecret: string | null;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Knows operators by `Authorization: Bearer …`, in the same time for every wrong key. */
export function operatorAuthenticator({
  operatorKey,
}: Pick<OperatorOptions, 'operatorKey'>): NonNullable<AppOptions['authenticateOperator']> {
  const expected = operatorKey === null ? null : sha256(operatorKey);
  return async ({ headers }) => {
    const [, given] = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.get('authorization') ?? '') ?? [];
    if (expected === null || given === undefined || !timingSafeEqual(expected, sha256(given))) {
      throw new ApiError('ERR_OPERATOR_KEY', 'This needs the operator’s key.');
    }
    return { kind: 'operator', id: 'operator:main' };
  };
}

const ROOT = '/v1/operator';
const BY_ID = `${ROOT}/licences/:id`;

/** Routes of the operator's side: licences, tiers, Moments, revocation, frozen devices, the audit log. */
export function operatorRoutes({ keySecret }: Pick<OperatorOptions, 'keySecret'>): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${ROOT}/policies`,
      name: 'operatorPolicies',
      summary: 'All policies that a licence can have.',
      auth: 'operator',
      request: null,
      response: v.object({ policies: v.array(policySchema) }),
      handler: async (_body, { services }) => ({ body: { policies: [...services.policies.values()] } }),
    }),
    route({
      method: 'POST',
      path: `${ROOT}/licences`,
      name: 'operatorCreateLicence',
      summary: 'Makes a licence. Its key is in this answer and in no other.',
      auth: 'operator',
      request: createSchema,
      success: 201,
      response: v.object({ licence: licenceSchema, key: keySchema }),
      errors: ['ERR_OPERATOR_CONFLICT'],
      handler: async ({ origins, features, metered, reference, ...body }, { services, tx, caller }) => {
        const { licence, key } = await services.accounting.createLicence(tx, caller.id, {
          ...body,
          ...(origins === undefined ? {} : { origins }),
          ...(features === undefined ? {} : { features }),
          ...(metered === undefined ? {} : { metered }),
          ...(reference === undefined ? {} : { reference }),
        });
        return { body: { licence: licenceView(licence), key } };
      },
    }),
    route({
      method: 'GET',
      path: `${ROOT}/licences`,
      name: 'operatorListLicences',
      summary: 'Licences, newest first; or the one with a reference.',
      auth: 'operator',
      request: null,
      query: v.strictObject({ ...pageEntries, reference: v.optional(referenceSchema) }),
      response: v.object({ items: v.array(licenceSchema), next: v.nullable(v.string()) }),
      handler: async (_body, { services, tx }, { limit, after, reference }) => {
        if (reference !== undefined) {
          const found = await services.accounting.findByReference(tx, reference);
          return { body: { items: found === null ? [] : [licenceView(found)], next: null } };
        }
        const page = await services.accounting.list(tx, { limit, after: after ?? null });
        return { body: { items: page.items.map(licenceView), next: page.next } };
      },
    }),
    route({
      method: 'GET',
      path: BY_ID,
      name: 'operatorShowLicence',
      summary: 'A licence, and what its devices see.',
      auth: 'operator',
      request: null,
      response: v.object({ licence: licenceSchema, account: accountSchema }),
      errors: ['ERR_REQUEST_NOT_FOUND'],
      handler: async (_body, context) => {
        const { services, tx } = context;
        const id = idOf(context);
        const account = await services.accounting.account(tx, id);
        const licence = await services.accounting.findById(tx, id);
        if (licence === null) throw notFound();
        return { body: { licence: licenceView(licence), account } };
      },
    }),
    route({
      method: 'POST',
      path: BY_ID,
      name: 'operatorChangeLicence',
      summary: 'Changes tier, state, origins or features, or voids what was issued so far.',
      auth: 'operator',
      request: changeSchema,
      response: answerSchema,
      errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_OPERATOR_CONFLICT'],
      handler: async ({ tier, state, origins, features, raiseEpoch }, context) => {
        const licence = await context.services.accounting.changeLicence(
          context.tx,
          context.caller.id,
          idOf(context),
          {
            ...(tier === undefined ? {} : { tier }),
            ...(state === undefined ? {} : { state }),
            ...(origins === undefined ? {} : { origins }),
            ...(features === undefined ? {} : { features }),
            ...(raiseEpoch === undefined ? {} : { raiseEpoch }),
          },
        );
        return { body: { licence: licenceView(licence) } };
      },
    }),
    booking('grant', 'Gives Moments beside the allowance.', amountRequestSchema),
    booking('adjust', 'Corrects a balance, up or down.', adjustSchema),
    booking('refund', 'Gives back Moments that were spent.', amountRequestSchema),
    route({
      method: 'POST',
      path: `${BY_ID}/revoke`,
      name: 'operatorRevokeLicence',
      summary: 'Revokes a licence for good, and voids what was issued for it.',
      auth: 'operator',
      request: v.strictObject({ reason: reasonSchema }),
      response: answerSchema,
      errors: ['ERR_REQUEST_NOT_FOUND'],
      handler: async ({ reason }, context) => {
        const { services, tx, caller } = context;
        const licence = await services.accounting.revoke(tx, caller.id, idOf(context), reason);
        return { body: { licence: licenceView(licence) } };
      },
    }),
    route({
      method: 'POST',
      path: `${ROOT}/devices/:id/settle`,
      name: 'operatorSettleDevice',
      summary: 'Ends a frozen or lost device: what it held goes back to the balance, or counts as spent.',
      auth: 'operator',
      request: v.strictObject({ how: v.picklist(['release', 'forfeit']) }),
      response: answerSchema,
      errors: ['ERR_REQUEST_NOT_FOUND'],
      handler: async ({ how }, context) => {
        const { services, tx, caller } = context;
        const licence = await services.accounting.settleDevice(tx, caller.id, idOf(context), how);
        return { body: { licence: licenceView(licence) } };
      },
    }),
    route({
      method: 'GET',
      path: `${ROOT}/audit`,
      name: 'operatorAudit',
      summary: 'Who did what, newest first.',
      auth: 'operator',
      request: null,
      query: v.strictObject({ ...pageEntries, licence: v.optional(idSchema) }),
      response: v.object({ items: v.array(auditEntrySchema), next: v.nullable(v.string()) }),
      handler: async (_body, { services, tx }, { limit, after, licence }) => {
        const page = await services.accounting.auditList(tx, {
          limit,
          after: after ?? null,
          licenceId: licence ?? null,
        });
        return {
          body: {
            items: page.items.map((entry) => ({ ...entry, details: { ...entry.details } })),
            next: page.next,
          },
        };
      },
    }),
    ...operatorKeyRoutes(),
    ...(keySecret === null ? [] : [keyRoute(keySecret)]),
  ];
}

/** A route that moves an amount with a reason. */
function booking(
  what: 'grant' | 'adjust' | 'refund',
  summary: string,
  request: typeof amountRequestSchema | typeof adjustSchema,
): Route {
  return route({
    method: 'POST',
    path: `${BY_ID}/${what}`,
    name: `operator${what.charAt(0).toUpperCase()}${what.slice(1)}`,
    summary,
    auth: 'operator',
    request,
    response: answerSchema,
    errors: ['ERR_REQUEST_NOT_FOUND', ...(what === 'refund' ? (['ERR_OPERATOR_CONFLICT'] as const) : [])],
    handler: async ({ amount, reason }, context) => {
      const { services, tx, caller } = context;
      const licence = await services.accounting[what](tx, caller.id, idOf(context), amount, reason);
      return { body: { licence: licenceView(licence) } };
    },
  });
}

/** What a payment or a checkout is of, by its name. */
async function referencesOf(tx: Queryable, link: string): Promise<readonly string[]> {
  const rows = await tx.query<{ reference: string }>(
    'SELECT DISTINCT reference FROM payment_links WHERE link = $1 ORDER BY reference',
    [link],
  );
  return rows.map(({ reference }) => reference);
}

/** The key of a licence that a payment made, for the page of the shop that shows it. */
function keyRoute(secret: string): Route {
  return route({
    method: 'GET',
    path: `${ROOT}/key`,
    name: 'operatorKey',
    summary:
      'Key of a licence that a payment made, by the licence’s reference or the name of a payment or checkout.',
    auth: 'operator',
    request: null,
    query: v.strictObject({ reference: referenceSchema }),
    response: v.object({ licence: licenceSchema, key: keySchema }),
    errors: ['ERR_REQUEST_NOT_FOUND'],
    handler: async (_body, { services, tx, caller, nowMs }, { reference }) => {
      // Whoever reads a key can use it: that it was read stands in the log.
      for (const one of [reference, ...(await referencesOf(tx, reference))]) {
        const key = keyForReference(secret, one);
        const licence = await services.accounting.findByKey(tx, key);
        if (licence?.reference !== one) continue;
        await audit(tx, nowMs, caller.id, licence.id, 'licence.key', { reference });
        return { body: { licence: licenceView(licence), key } };
      }
      throw notFound();
    },
  });
}
