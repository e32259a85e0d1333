import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { errorBodySchema, LICENCE_ERRORS, type LicenceErrorCode } from '../src/contracts/licence/api.ts';
import { IDEMPOTENCY_HEADER, NONCE_HEADER, PROOF_HEADER } from '../src/contracts/licence/tokens.ts';
import { route } from './route.ts';
import type { Route, RouteSchema } from './services.ts';
import { paymentEventSchema, WEBHOOK_HEADER } from './routes/webhook.ts';

/** A JSON value that can be changed while it is put together. */
type Member = string | number | boolean | null | Member[] | { [name: string]: Member };
type Described = Record<string, Member>;

const memberSchema: v.GenericSchema<Member> = v.lazy(() =>
  v.union([
    v.string(),
    v.number(),
    v.boolean(),
    v.null(),
    v.array(memberSchema),
    v.record(v.string(), memberSchema),
  ]),
);

/** A schema as JSON Schema; what it can't say (a check in code) is left to its text. */
function described(schema: RouteSchema, typeMode: 'input' | 'output'): Described {
  const text = JSON.stringify(
    toJsonSchema(schema, { errorMode: 'ignore', typeMode, target: 'draft-2020-12' }),
  );
  const { $schema: _, ...rest } = v.parse(v.record(v.string(), memberSchema), JSON.parse(text));
  return rest;
}

/** Codes that a route may answer with because of what it is. */
function codesOf({ auth, errors, idempotent, method }: Route): LicenceErrorCode[] {
  const codes: LicenceErrorCode[] = [
    'ERR_REQUEST_INVALID',
    'ERR_REQUEST_RATE',
    'ERR_SERVER',
    'ERR_SERVER_BUSY',
    ...(method === 'POST' ? (['ERR_REQUEST_NOT_JSON', 'ERR_REQUEST_TOO_LARGE'] as const) : []),
    ...(idempotent ? (['ERR_REQUEST_IDEMPOTENCY', 'ERR_REQUEST_IDEMPOTENCY_REUSED'] as const) : []),
    ...errors,
  ];
  if (auth === 'device' || auth === 'activate') {
    codes.push('ERR_LICENCE_PROOF', 'ERR_LICENCE_NONCE', 'ERR_REQUEST_ORIGIN');
  }
  if (auth === 'device') codes.push('ERR_LICENCE_DEVICE');
  if (auth === 'operator') codes.push('ERR_OPERATOR_KEY');
  if (auth === 'webhook') codes.push('ERR_WEBHOOK_SIGNATURE');
  return [...new Set(codes)].sort();
}

function failures(one: Route): Described {
  const byStatus = new Map<number, string[]>();
  for (const code of codesOf(one)) {
    byStatus.set(LICENCE_ERRORS[code], [...(byStatus.get(LICENCE_ERRORS[code]) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.join(', '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

function parametersOf(one: Route): Member[] {
  const inPath = [...one.path.matchAll(/:(\w+)/g)].map(([, name = '']): Member => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = one.query === null ? {} : described(one.query, 'input');
  const { properties = {}, required = [] } = query;
  const inQuery =
    typeof properties === 'object' && properties !== null && !Array.isArray(properties)
      ? Object.entries(properties).map(([name, schema]): Member => ({
          name,
          in: 'query',
          required: Array.isArray(required) && required.includes(name),
          schema,
        }))
      : [];
  const key: Member = {
    name: IDEMPOTENCY_HEADER,
    in: 'header',
    required: true,
    description: 'The same key with the same body gets the first answer again, without a second effect.',
    schema: { type: 'string', pattern: '^[\\w-]{8,128}$' },
  };
  return [...inPath, ...inQuery, ...(one.idempotent ? [key] : [])];
}

const SECURITY: Readonly<Record<Route['auth'], Member[]>> = {
  none: [],
  activate: [{ deviceProof: [] }],
  device: [{ deviceProof: [] }],
  operator: [{ operatorKey: [] }],
  webhook: [{ webhookSignature: [] }],
};

function operation(one: Route): Described {
  // A webhook's handler reads its bytes by itself, for the signature is over them.
  const bySender = one.path === '/webhooks/payments' ? described(paymentEventSchema, 'input') : {};
  const body = one.request === null ? bySender : described(one.request, 'input');
  const security = SECURITY[one.auth].map((scheme) =>
    one.path === '/webhooks/stripe' ? { stripeSignature: [] } : scheme,
  );
  return {
    operationId: one.name,
    summary: one.summary,
    security,
    parameters: parametersOf(one),
    ...(one.method === 'POST'
      ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } }
      : {}),
    responses: {
      [String(one.success)]: {
        description: 'Done.',
        headers: { [NONCE_HEADER]: { $ref: '#/components/headers/Nonce' } },
        content: { 'application/json': { schema: described(one.response, 'output') } },
      },
      ...failures(one),
    },
  };
}

/**
 * Describes a table of routes. The order of paths is that of the table; routes that share a path share its item.
 *
 * @param version of the service.
 * @source OpenAPI Specification 3.1.0
 */
export function openApi(routes: readonly Route[], version: string): Described {
  const paths: Record<string, Described> = {};
  for (const one of routes) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [one.method.toLowerCase()]: operation(one) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Stillwake licence API',
      version,
      description: 'Tiers and Moments. No request holds a picture, a prompt, a clip, or a hash of one.',
    },
    paths,
    components: {
      schemas: { Error: described(errorBodySchema, 'output') },
      headers: {
        Nonce: { description: 'For the next proof of a device.', schema: { type: 'string' } },
      },
      securitySchemes: {
        deviceProof: {
          type: 'apiKey',
          in: 'header',
          name: PROOF_HEADER,
          description: 'Compact JWS by the device’s key over method, path, body and a nonce.',
        },
        operatorKey: { type: 'http', scheme: 'bearer' },
        webhookSignature: { type: 'apiKey', in: 'header', name: WEBHOOK_HEADER },
        stripeSignature: { type: 'apiKey', in: 'header', name: 'Stripe-Signature' },
      },
    },
  };
}

/** The route that serves the description of all routes, itself too. */
export function openApiRoute(others: readonly Route[], version: string): Route {
  let text: Described | null = null;
  const own = route({
    method: 'GET',
    path: '/openapi.json',
    name: 'openapi',
    summary: 'This description.',
    auth: 'none',
    request: null,
    response: v.record(v.string(), v.unknown()),
    transaction: false,
    maxAgeS: 300,
    handler: async () => {
      text ??= openApi([...others, own], version);
      return { body: text };
    },
  });
  return own;
}
