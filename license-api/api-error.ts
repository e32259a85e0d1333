import { type ErrorBody, LICENCE_ERRORS, type LicenceErrorCode } from '../src/contracts/licence/api.ts';

/** What {@link ApiError} may carry besides its code. */
export interface ApiErrorOptions {
  /** Facts for the asker. Never a key, a token or another's data. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
  /** Headers of the answer, e.g. `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal with one of the codes of the interface; everything else that is thrown becomes ERR_SERVER. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: LicenceErrorCode;
  readonly status: (typeof LICENCE_ERRORS)[LicenceErrorCode];
  readonly details: ApiErrorOptions['details'];
  readonly headers: Readonly<Record<string, string>>;

  /** @param message one sentence for a developer; it goes into the answer, so it holds nothing secret. */
  constructor(code: LicenceErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = LICENCE_ERRORS[code];
    this.details = options.details;
    this.headers = options.headers ?? {};
  }

  /** Body of the answer. */
  body(): ErrorBody {
    const { code, message, details } = this;
    return { error: { code, message, ...(details === undefined ? {} : { details: { ...details } }) } };
  }
}
