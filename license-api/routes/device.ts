import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import * as v from 'valibot';
import {
  activateRequestSchema,
  deactivateRequestSchema,
  deactivateResponseSchema,
  entitlementResponseSchema,
  jwksSchema,
  LEDGER_BODY_MAX,
  leaseRequestSchema,
  leaseResponseSchema,
  ledgerRequestSchema,
  ledgerResponseSchema,
  nonceResponseSchema,
  policyResponseSchema,
  refreshRequestSchema,
  revocationsResponseSchema,
  sessionSchema,
  type Session,
} from '../../src/contracts/licence/api.ts';
import { nameSchema, type Policy } from '../../src/contracts/licence/policy.ts';
import { ApiError } from '../api-error.ts';
import { checkOrigin } from '../origin.ts';
import { route } from '../route.ts';
import type { Device, Licence, Route, RouteContext, Services } from '../services.ts';

const DAY_S = 86_400;

function deviceOf({ caller }: RouteContext): Device {
  if (caller.kind === 'device') return caller.device;
  throw new ApiError('ERR_LICENCE_DEVICE', 'The device is not one of a licence that holds.');
}

function policyOf({ policies }: Services, id: string): Policy {
  const policy = policies.get(id);
  if (policy === undefined) throw new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such policy.');
  return policy;
}

/** What a device gets when it is activated and each time it refreshes. */
async function sessionOf(context: RouteContext, licence: Licence, device: Device): Promise<Session> {
  const { services, tx, nowMs } = context;
  const policy = policyOf(services, licence.policy);
  const iat = Math.floor(nowMs / 1000);
  const entitlement = await services.signer.signEntitlement({
    sub: licence.id,
    jti: randomUUID(),
    iat,
    exp: iat + policy.entitlementDays * DAY_S,
    policy: policy.id,
    tier: licence.tier,
    features: [...licence.features],
    origins: [...licence.origins],
    cnf: { jkt: device.thumbprint },
    epoch: licence.epoch,
    metered: licence.metered,
  });
  return {
    deviceId: device.id,
    entitlement,
    policy,
    account: await services.accounting.account(tx, licence.id),
    ledger: await services.devices.head(tx, device.id),
    serverTimeMs: nowMs,
  };
}

/**
 * Routes of devices, and those that anybody may ask.
 *
 * @param appOrigins browser origins of licences that have no list of their own.
 */
export function deviceRoutes(appOrigins: readonly string[]): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/activate',
      name: 'activate',
      summary:
        'Takes a licence key and a device’s public key; the device is one of the licence’s from then on.',
      auth: 'activate',
      request: activateRequestSchema,
      response: sessionSchema,
      errors: ['ERR_LICENCE_KEY', 'ERR_LICENCE_DEVICE', 'ERR_LICENCE_DEVICES_FULL', 'ERR_REQUEST_ORIGIN'],
      handler: async ({ key, device }, context) => {
        const { services, tx, caller, raw } = context;
        const thumbprint = await calculateJwkThumbprint({ ...device.publicKey });
        if (caller.kind !== 'activate' || caller.thumbprint !== thumbprint) {
          throw new ApiError('ERR_LICENCE_PROOF', 'The proof is not of the key that is to be activated.', {
            details: { reason: 'key' },
          });
        }
        const result = await services.devices.activate(tx, { key, thumbprint, ...device });
        checkOrigin(raw, result.licence, appOrigins);
        return { body: await sessionOf(context, result.licence, result.device) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/refresh',
      name: 'refresh',
      summary: 'A new entitlement and the account as it is.',
      auth: 'device',
      request: refreshRequestSchema,
      response: sessionSchema,
      handler: async (_body, context) => {
        const device = deviceOf(context);
        const licence = await context.services.devices.refresh(context.tx, device);
        return { body: await sessionOf(context, licence, device) };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/deactivate',
      name: 'deactivate',
      summary:
        'Takes this device, or another one, off its licence. What it holds comes back when its leases end.',
      auth: 'device',
      request: deactivateRequestSchema,
      response: deactivateResponseSchema,
      errors: ['ERR_REQUEST_NOT_FOUND'],
      handler: async ({ deviceId }, context) => {
        const device = deviceOf(context);
        const { services, tx } = context;
        await services.devices.deactivate(tx, device, deviceId ?? device.id);
        const self = deviceId === undefined || deviceId === device.id;
        return { body: { account: self ? null : await services.accounting.account(tx, device.licenceId) } };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/leases',
      name: 'lease',
      summary: 'Reserves Moments of the balance for this device.',
      auth: 'device',
      request: v.pipe(
        leaseRequestSchema,
        v.check(({ min, want }) => min <= want, 'min is at most want'),
      ),
      response: leaseResponseSchema,
      errors: ['ERR_LICENCE_FUNDS', 'ERR_LICENCE_TIER', 'ERR_LEDGER_FORKED'],
      handler: async ({ min, want }, context) => {
        const device = deviceOf(context);
        const { services, tx, nowMs } = context;
        const { leaseId, amount, issuedAtS, expiresAtS } = await services.devices.lease(
          tx,
          device,
          min,
          want,
        );
        const lease = await services.signer.signLease({
          sub: device.licenceId,
          jti: leaseId,
          iat: issuedAtS,
          exp: expiresAtS,
          cnf: { jkt: device.thumbprint },
          amount,
        });
        return {
          body: {
            lease,
            account: await services.accounting.account(tx, device.licenceId),
            serverTimeMs: nowMs,
          },
        };
      },
    }),
    route({
      method: 'POST',
      path: '/v1/ledger',
      name: 'ledger',
      summary: 'Books what a device did with its leases: all of the entries, or none.',
      auth: 'device',
      bodyMax: LEDGER_BODY_MAX,
      request: ledgerRequestSchema,
      response: ledgerResponseSchema,
      errors: ['ERR_LEDGER_GAP', 'ERR_LEDGER_FORKED', 'ERR_LEDGER_DAMAGED'],
      handler: async ({ entries }, context) => {
        const device = deviceOf(context);
        const { services, tx, nowMs } = context;
        const result = await services.devices.sync(tx, device, entries);
        if (result.refusal !== undefined) return { refusal: result.refusal };
        const { seq, hash } = result;
        const account = await services.accounting.account(tx, device.licenceId);
        return { body: { seq, hash, account, serverTimeMs: nowMs } };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/entitlement',
      name: 'entitlement',
      summary: 'The account as it is; no new entitlement is made.',
      auth: 'device',
      request: null,
      response: entitlementResponseSchema,
      handler: async (_body, context) => {
        const device = deviceOf(context);
        if (device.state === 'deactivated') {
          throw new ApiError('ERR_LICENCE_DEVICE', 'The device is not one of a licence that holds.');
        }
        const account = await context.services.accounting.account(context.tx, device.licenceId);
        return { body: { account, serverTimeMs: context.nowMs } };
      },
    }),
    ...publicRoutes(),
  ];
}

function publicRoutes(): readonly Route[] {
  const open = { method: 'GET', auth: 'none', request: null, transaction: false } as const;
  return [
    route({
      ...open,
      path: '/v1/policy',
      name: 'policy',
      summary: 'A policy by its id; without one, the only or the first.',
      query: v.strictObject({ id: v.optional(nameSchema) }),
      response: policyResponseSchema,
      errors: ['ERR_REQUEST_NOT_FOUND'],
      maxAgeS: 300,
      handler: async (_body, { services }, { id }) => {
        const wanted = id ?? [...services.policies.keys()][0] ?? '';
        return { body: { policy: policyOf(services, wanted) } };
      },
    }),
    route({
      ...open,
      path: '/v1/nonce',
      name: 'nonce',
      summary: 'A nonce for a proof, and the server’s time. Every answer’s Stillwake-Nonce is one as well.',
      response: nonceResponseSchema,
      handler: async (_body, { services, nowMs }) => ({
        body: { nonce: services.nonces.issue(), serverTimeMs: nowMs },
      }),
    }),
    route({
      ...open,
      path: '/v1/revocations',
      name: 'revocations',
      summary: 'Signed list of licences whose entitlements below an epoch are void.',
      response: revocationsResponseSchema,
      maxAgeS: 60,
      handler: async (_body, { services, tx, nowMs }) => {
        await services.signer.ready();
        const revoked = (await services.accounting.revoked(tx)).map((one) => ({ ...one }));
        const claims = { jti: randomUUID(), iat: Math.floor(nowMs / 1000), revoked };
        return { body: { revocations: await services.signer.signRevocations(claims) } };
      },
    }),
    route({
      ...open,
      path: '/.well-known/jwks.json',
      name: 'jwks',
      summary: 'Public keys of tokens, the newest last.',
      response: jwksSchema,
      maxAgeS: 300,
      handler: async (_body, { services }) => ({ body: await services.signer.jwks() }),
    }),
    route({
      ...open,
      path: '/healthz',
      name: 'health',
      summary: 'Whether the service and its database answer.',
      response: v.object({ ok: v.boolean() }),
      handler: async (_body, { tx }) => {
        await tx.query('SELECT 1 AS one');
        return { body: { ok: true } };
      },
    }),
  ];
}
