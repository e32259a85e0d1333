import { Hono } from 'hono';
import * as v from 'valibot';
import { activateRequestSchema } from '../src/contracts/licence/api.ts';
import { digest } from '../src/core/licence/digest.ts';
import { NONCE_HEADER } from '../src/contracts/licence/tokens.ts';
import { ApiError } from './api-error.ts';
import { claimKey, idempotencyKey, keepAnswer, type KeptAnswer } from './idempotency.ts';
import { isText, parseJson } from './middleware/body.ts';
import { checkOrigin } from './origin.ts';
import { deviceRoutes } from './routes/device.ts';
import type {
  AppContext,
  AppEnvironment,
  AppOptions,
  Caller,
  RawRequest,
  Route,
  RouteContext,
  Services,
} from './services.ts';
import { checkProof } from './signing/proof.ts';

const tooLarge = (max: number): ApiError =>
  new ApiError('ERR_REQUEST_TOO_LARGE', 'The body is too large.', { details: { max } });

/** The body's bytes; reading stops at the limit, whatever the length that was promised. */
async function readBody(context: AppContext, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const read = context.get('rawBody');
  if (read !== undefined) {
    if (read.length > max) throw tooLarge(max);
    return read;
  }
  if (Number(context.req.header('Content-Length') ?? 0) > max) throw tooLarge(max);
  const stream: ReadableStream<Uint8Array> | null = context.req.raw.body;
  if (stream === null) return new Uint8Array(0);
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > max) {
      await reader.cancel();
      throw tooLarge(max);
    }
    chunks.push(value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** @throws ApiError ERR_REQUEST_NOT_JSON, ERR_REQUEST_INVALID (U+0000, which no column can hold) */
function parseBody(request: RawRequest): unknown {
  const type = request.headers.get('Content-Type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ApiError('ERR_REQUEST_NOT_JSON', 'The body has to be application/json.');
  }
  const value = parseJson(request.body);
  if (!isText(value)) {
    throw new ApiError('ERR_REQUEST_INVALID', 'A text holds a character that none may hold.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiError('ERR_REQUEST_INVALID', 'The body has to be an object.', { details: { field: '' } });
  }
  return value;
}

/** Puts the service together: a value, which `app.request()` asks without a socket. */
export function createApp(services: Services, options: AppOptions): Hono<AppEnvironment> {
  const { database, clock, nonces } = services;
  const app = new Hono<AppEnvironment>();

  async function authenticate(route: Route, raw: RawRequest): Promise<Caller> {
    switch (route.auth) {
      case 'none':
        return { kind: 'none', id: 'none' };
      case 'operator':
        if (options.authenticateOperator !== undefined) return options.authenticateOperator(raw);
        throw new ApiError('ERR_OPERATOR_KEY', 'The operator’s side is closed.');
      case 'webhook':
        if (options.authenticateWebhook !== undefined) return options.authenticateWebhook(raw, route);
        throw new ApiError('ERR_WEBHOOK_SIGNATURE', 'No provider is configured.');
      case 'activate': {
        const { jwk, thumbprint } = await checkProof(raw, nonces, clock.nowMs());
        return { kind: 'activate', id: `activate:${thumbprint}`, jwk, thumbprint };
      }
      case 'device': {
        const { thumbprint } = await checkProof(raw, nonces, clock.nowMs());
        const device = await services.devices.findDevice(database, thumbprint);
        if (device === null) {
          throw new ApiError('ERR_LICENCE_DEVICE', 'The device is not one of a licence that holds.');
        }
        return { kind: 'device', id: `device:${device.id}`, device };
      }
    }
  }

  /** Whom the second look of the rate limiter counts. */
  function subjectOf(caller: Caller, body: unknown): string | null {
    if (caller.kind === 'device') return caller.device.licenceId;
    if (caller.kind === 'operator') return caller.id;
    if (caller.kind !== 'activate' || typeof body !== 'object' || body === null) return null;
    return 'key' in body && typeof body.key === 'string' ? digest(body.key) : null;
  }

  /** The work in its transaction, with the record of its answer in the same. */
  async function perform(
    route: Route,
    work: ReturnType<Route['prepare']>,
    context: Omit<RouteContext, 'tx'>,
    key: string | null,
  ): Promise<{ answer: KeptAnswer; replayed: boolean; refusal?: ApiError }> {
    const { caller, raw, nowMs } = context;
    const run = async (tx: RouteContext['tx']) => {
      const kept = key === null ? null : await claimKey(tx, caller.id, key, raw, nowMs);
      if (caller.kind === 'device') {
        const licence = await services.accounting.findById(tx, caller.device.licenceId);
        checkOrigin(raw, licence ?? { origins: [] }, options.appOrigins);
      } else if (caller.kind === 'activate' && kept !== null) {
        // The first time the route looks at it itself, for only then is it known whose the key is.
        const { key: licenceKey } = v.parse(activateRequestSchema, parseJson(raw.body));
        const licence = await services.accounting.findByKey(tx, licenceKey);
        checkOrigin(raw, licence ?? { origins: [] }, options.appOrigins);
      }
      if (kept !== null) return { answer: kept, replayed: true };
      const result = await work({ ...context, tx });
      const refused = result.refusal !== undefined;
      const answer = refused
        ? { status: 0, body: '' }
        : { status: route.success, body: JSON.stringify(result.body) };
      if (key !== null) await keepAnswer(tx, caller.id, key, raw, refused ? null : answer);
      return { answer, replayed: false, ...(refused ? { refusal: result.refusal } : {}) };
    };
    return route.transaction ? database.transaction(run) : run(database);
  }

  async function serve(route: Route, c: AppContext): Promise<Response> {
    c.set('route', route);
    const address = options.address?.(c) ?? 'unknown';
    await options.limit?.({ route, address, subject: null });
    const raw: RawRequest = {
      method: c.req.method === 'HEAD' ? 'GET' : c.req.method,
      path: new URL(c.req.url).pathname,
      headers: c.req.raw.headers,
      body: route.method === 'GET' ? new Uint8Array(0) : await readBody(c, route.bodyMax),
    };
    const body = route.request === null ? undefined : parseBody(raw);
    const query = c.req.query();
    if (!isText(query))
      throw new ApiError('ERR_REQUEST_INVALID', 'A text holds a character that none may hold.');
    const key = route.idempotent ? idempotencyKey(raw) : null;
    const caller = await authenticate(route, raw);
    c.set('caller', caller);
    const subject = subjectOf(caller, body);
    if (subject !== null) await options.limit?.({ route, address, subject });
    const work = route.prepare(body, query);
    const params = c.req.param() as Record<string, string>;
    // What is signed has the newest key. Before there is a transaction, for within one this could wait for ever.
    if (route.auth === 'device' || route.auth === 'activate') await services.signer.ready();
    const nowMs = clock.nowMs();
    const context = { services, caller, params, query, nowMs, raw };
    const { answer, replayed, refusal } = await perform(route, work, context, key);
    if (refusal !== undefined) throw refusal;
    c.set('replayed', replayed);
    return c.newResponse(answer.body, answer.status === 201 ? 201 : 200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': route.maxAgeS > 0 ? `public, max-age=${route.maxAgeS}` : 'no-store',
    });
  }

  for (const middleware of options.middleware) app.use(middleware);
  app.use(async (c, next) => {
    await next();
    c.res.headers.set(NONCE_HEADER, nonces.issue());
  });

  const routes = [...deviceRoutes(options.appOrigins), ...options.routes];
  for (const one of routes) app.on(one.method, one.path, (c: AppContext) => serve(one, c));
  for (const path of new Set(routes.map((one) => one.path))) {
    const methods = routes.filter((one) => one.path === path).map((one) => one.method);
    app.all(path, () => {
      throw new ApiError('ERR_REQUEST_METHOD', 'Not with this method.', {
        headers: { Allow: methods.join(', ') },
      });
    });
  }
  app.notFound((c) => {
    c.set('errorCode', 'ERR_REQUEST_NOT_FOUND');
    return c.json(new ApiError('ERR_REQUEST_NOT_FOUND', 'There is nothing here.').body(), 404);
  });
  app.onError(
    options.onError ??
      ((error, c) => {
        const known =
          error instanceof ApiError
            ? error
            : new ApiError('ERR_SERVER', 'Something went wrong here.', { cause: error });
        c.set('errorCode', known.code);
        return c.json(known.body(), known.status, { ...known.headers, 'Cache-Control': 'no-store' });
      }),
  );
  return app;
}
