import * as v from 'valibot';
import { BODY_MAX, type LicenceErrorCode } from '../src/contracts/licence/api.ts';
import { ApiError } from './api-error.ts';
import type { Answer, Route, RouteContext, RouteSchema } from './services.ts';

type Output<S extends RouteSchema | null> = S extends RouteSchema ? v.InferOutput<S> : undefined;

/** A route before its types are forgotten. */
export interface RouteDefinition<
  Request extends RouteSchema | null,
  Query extends RouteSchema | null,
  Response extends RouteSchema,
> {
  readonly method: Route['method'];
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly auth: Route['auth'];
  /** Default: true for POST, false for GET. */
  readonly idempotent?: boolean;
  readonly bodyMax?: number;
  /** Null for GET, and for a POST that takes its bytes from `context.raw` (a webhook). */
  readonly request: Request;
  readonly query?: Query;
  /** Default: 200. */
  readonly success?: Route['success'];
  readonly response: Response;
  readonly errors?: readonly LicenceErrorCode[];
  readonly transaction?: boolean;
  readonly maxAgeS?: number;
  handler: (
    body: Output<Request>,
    context: RouteContext,
    query: Output<Query>,
  ) => Promise<
    | { readonly body: v.InferInput<Response>; readonly refusal?: undefined }
    | Extract<Answer, { refusal: ApiError }>
  >;
}

/** Checks a value. @throws ApiError ERR_REQUEST_INVALID; its details name the first field that is wrong. */
function check(schema: RouteSchema | null, value: unknown): unknown {
  if (schema === null) return undefined;
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = (v.getDotPath(issue) ?? '').slice(0, 80);
  throw new ApiError(
    'ERR_REQUEST_INVALID',
    'A field is missing, unknown, or not of the form it has to have.',
    {
      details: { field: /^[\w.-]*$/.test(field) ? field : '', rule: issue.type },
    },
  );
}

/** Makes a line of the table. */
export function route<
  Request extends RouteSchema | null,
  Response extends RouteSchema,
  Query extends RouteSchema | null = null,
>(definition: RouteDefinition<Request, Query, Response>): Route {
  const { handler, ...rest } = definition;
  const query = definition.query ?? null;
  return {
    idempotent: definition.method === 'POST',
    bodyMax: definition.method === 'POST' ? BODY_MAX : 0,
    success: 200,
    errors: [],
    transaction: true,
    maxAgeS: 0,
    ...rest,
    query,
    prepare: (rawBody, rawQuery) => {
      const body = check(definition.request, rawBody) as Output<Request>;
      const checked = check(query, rawQuery) as Output<Query>;
      return (context) => handler(body, context, checked);
    },
  };
}
