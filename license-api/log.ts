import { randomUUID } from 'node:crypto';
import type { Caller, Middleware } from './services.ts';

/** Takes one line of the log, without its end. */
export type LogSink = (line: string) => void;

const TEXT_MAX = 200;

/** Whether a character could forge or hide a line on a terminal: controls, line separators, marks of direction. */
function isUnsafe(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  );
}

/** Text from outside, fit for a line of the log: no control characters, at most 200 characters. */
export function logText(text: string): string {
  return [...text.slice(0, TEXT_MAX)]
    .map((one) => (isUnsafe(one.codePointAt(0) ?? 0) ? '\ufffd' : one))
    .join('');
}

/** A path as it may be logged: what looks like a key, a token or another long secret in it is left out. */
export function logPath(path: string): string {
  return logText(path.replace(/SW(-?[0-9A-Za-z]{5}){5}/gi, '…').replace(/[\w.-]{65,}/g, '…'));
}

/** One entry as a line of JSON. */
export function logLine(
  entry: Readonly<Record<string, string | number | boolean | null | undefined>>,
): string {
  return JSON.stringify(entry, (_name, value: unknown): unknown =>
    typeof value === 'string' ? logText(value) : value,
  );
}

/**
 * Writes one line for each request: when, method, path without query, status, milliseconds, request id, the first
 * characters of the device's thumbprint, code of the error. Never a key, a token, a header or a body.
 */
export function requestLog(sink: LogSink, now: () => number = Date.now): Middleware {
  return async (c, next) => {
    const startMs = performance.now();
    const requestId = randomUUID();
    c.set('requestId', requestId);
    await next();
    c.res.headers.set('X-Request-Id', requestId);
    const caller = c.get('caller');
    sink(
      logLine({
        at: new Date(now()).toISOString(),
        method: c.req.method,
        path: logPath(c.req.path),
        status: c.res.status,
        ms: Math.round((performance.now() - startMs) * 10) / 10,
        id: requestId,
        device: deviceOf(caller)?.slice(0, 8),
        code: c.get('errorCode'),
        replayed: c.get('replayed'),
        // An answer that nobody foresaw: where it comes from, not what it says, for that may hold a person's data.
        where: c.res.status >= 500 && c.error !== undefined ? whereOf(c.error) : undefined,
      }),
    );
  };
}

function deviceOf(caller: Caller | undefined): string | undefined {
  if (caller?.kind === 'device') return caller.device.thumbprint;
  return caller?.kind === 'activate' ? caller.thumbprint : undefined;
}

/** Kind of an error and the first places of its stack. */
function whereOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  const places = (cause.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [cause.name, ...places.slice(0, 3).map((line) => line.trim().replace(/\(?file:.*\//, ''))].join(' ');
}
