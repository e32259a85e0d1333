import * as v from 'valibot';
import { route } from '../route.ts';
import type { Route, RouteContext } from '../services.ts';
import { KEY_STATES, listKeys, promoteKey, retireKey, stageKey } from '../signing/rotation.ts';

const ROOT = '/v1/operator/keys';
const kidSchema = v.pipe(v.string(), v.regex(/^[\w-]{1,128}$/));
const msSchema = v.nullable(v.pipe(v.number(), v.integer()));
const keyViewSchema = v.object({
  kid: v.string(),
  state: v.picklist(KEY_STATES),
  createdAtMs: v.pipe(v.number(), v.integer()),
  promotedAtMs: msSchema,
  supersededAtMs: msSchema,
  retiredAtMs: msSchema,
  retireFromMs: msSchema,
});
const answerSchema = v.object({ key: keyViewSchema });

/** The signer reads its keys anew from here on; what is written is in a transaction that has yet to end. */
function change<T>({ services }: RouteContext, work: Promise<T>): Promise<T> {
  services.signer.keysChange();
  return work;
}

/** Routes that bring a new signing key in, in steps, so that pages can be given it before it signs. */
export function operatorKeyRoutes(): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: ROOT,
      name: 'operatorListKeys',
      summary: 'Signing keys, oldest first; never their private parts.',
      auth: 'operator',
      request: null,
      response: v.object({ keys: v.array(keyViewSchema) }),
      handler: async (_body, { tx }) => ({ body: { keys: [...(await listKeys(tx))] } }),
    }),
    route({
      method: 'POST',
      path: `${ROOT}/rotate`,
      name: 'operatorRotateKeys',
      summary: 'Makes the next signing key and publishes it. It signs nothing before it is promoted.',
      auth: 'operator',
      request: v.strictObject({}),
      success: 201,
      response: answerSchema,
      errors: ['ERR_OPERATOR_CONFLICT'],
      handler: async (_body, context) => {
        const { tx, caller, nowMs } = context;
        return { body: { key: await change(context, stageKey(tx, caller.id, nowMs)) } };
      },
    }),
    route({
      method: 'POST',
      path: `${ROOT}/promote`,
      name: 'operatorPromoteKey',
      summary:
        'Lets the next key sign. Pages that have not pinned it take nothing new until they are reloaded.',
      auth: 'operator',
      request: v.strictObject({ kid: kidSchema }),
      response: answerSchema,
      errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_OPERATOR_CONFLICT'],
      handler: async ({ kid }, context) => {
        const { tx, caller, nowMs } = context;
        return { body: { key: await change(context, promoteKey(tx, caller.id, kid, nowMs)) } };
      },
    }),
    route({
      method: 'POST',
      path: `${ROOT}/retire`,
      name: 'operatorRetireKey',
      summary: 'Publishes a key no longer and deletes its private part, once no token of it can hold.',
      auth: 'operator',
      request: v.strictObject({
        kid: kidSchema,
        /** Although tokens of it may still hold. */
        compromised: v.optional(v.boolean(), false),
      }),
      response: answerSchema,
      errors: ['ERR_REQUEST_NOT_FOUND', 'ERR_OPERATOR_CONFLICT'],
      handler: async ({ kid, compromised }, context) => {
        const { tx, caller, nowMs } = context;
        return { body: { key: await change(context, retireKey(tx, caller.id, kid, compromised, nowMs)) } };
      },
    }),
  ];
}
