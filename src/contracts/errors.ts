/** Every code an {@link AppError} may carry. The interface has one sentence for each. */
export const ERROR_CODES = [
  // the browser or machine lacks something
  'ERR_ENV_UNSUPPORTED',
  'ERR_ENV_NO_RENDERER',
  // what the person gave us
  'ERR_INPUT_EMPTY',
  'ERR_INPUT_NOT_A_PICTURE',
  'ERR_INPUT_UNSUPPORTED_FORMAT',
  'ERR_INPUT_DAMAGED',
  'ERR_INPUT_TOO_SMALL',
  'ERR_INPUT_TOO_LARGE',
  'ERR_INPUT_TRANSPARENT',
  'ERR_INPUT_NOT_FOUND',
  'ERR_INPUT_PROMPT_EMPTY',
  'ERR_INPUT_PROMPT_TOO_LONG',
  'ERR_INPUT_PROMPT_NOT_UNDERSTOOD',
  'ERR_INPUT_PRESET',
  'ERR_INPUT_SECONDS',
  'ERR_INPUT_RESOLUTION',
  'ERR_INPUT_FPS',
  'ERR_INPUT_ASPECT',
  'ERR_INPUT_SEED',
  'ERR_INPUT_PACK',
  'ERR_INPUT_OUTPUT',
  'ERR_INPUT_ARGUMENT',
  // model packs
  'ERR_MODEL_MISSING',
  'ERR_MODEL_DAMAGED',
  'ERR_MODEL_FAILED',
  'ERR_MODEL_UNREACHABLE',
  'ERR_MODEL_CHANGED',
  'ERR_MODEL_UNSAFE',
  'ERR_MODEL_SIGNATURE',
  'ERR_MODEL_BUSY',
  // drawing
  'ERR_GPU_LOST',
  'ERR_GPU_FAILED',
  // codecs and files
  'ERR_MEDIA_NO_ENCODER',
  'ERR_MEDIA_ENCODE_FAILED',
  'ERR_MEDIA_VERIFY_FAILED',
  // storage
  'ERR_STORE_QUOTA',
  'ERR_STORE_BLOCKED',
  'ERR_STORE_NOT_FOUND',
  'ERR_STORE_NEWER_VERSION',
  'ERR_STORE_FAILED',
  // tiers and Moments
  'ERR_LICENCE_KEY',
  'ERR_LICENCE_TOKEN',
  'ERR_LICENCE_EXPIRED',
  'ERR_LICENCE_REVOKED',
  'ERR_LICENCE_ORIGIN',
  'ERR_LICENCE_DEVICE',
  'ERR_LICENCE_DEVICES_FULL',
  'ERR_LICENCE_CLOCK',
  'ERR_LICENCE_TIER',
  'ERR_LICENCE_FUNDS',
  'ERR_LICENCE_LEDGER',
  'ERR_LICENCE_OFFLINE',
  'ERR_LICENCE_RATE',
  'ERR_LICENCE_FAILED',
  'ERR_LICENCE_CONFIG',
  // threads
  'ERR_WORKER_FAILED',
  'ERR_WORKER_TERMINATED',
] as const;

/** One of {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Facts that go with a code, plain data so that they survive a thread boundary. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What {@link AppError} is built from, besides its code. */
export interface AppErrorOptions {
  /** Facts for the sentence that a person reads and for the log. */
  readonly details?: ErrorDetails;
  /** True when the same call may succeed later without a change of input. */
  readonly retryable?: boolean;
  /** What caused it. */
  readonly cause?: unknown;
}

/** The one error class of the product: a stable `code`, plain `details`, and whether a retry makes sense. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly retryable: boolean;

  /**
   * @param code what happened.
   * @param message one line for a log; the interface words its own sentence from the code.
   */
  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryable = options.retryable ?? false;
  }
}

/** An error as plain data, the way it crosses from one thread to another. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly details?: ErrorDetails;
  readonly retryable?: boolean;
  readonly cause?: ErrorRecord;
}
