/** Headers that isolate the origin, so that WebAssembly may use threads. */
export const ISOLATION_HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * The policy that the application is served under: nothing from another origin, no inline script.
 * `wasm-unsafe-eval` lets WebAssembly compile; blob and data pictures and media are the person's own.
 * Element styles live in constructed sheets; `style` attributes are set by Lit on elements, hence `unsafe-inline` there.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self' blob: data:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
];

/** {@link POLICY} with further origins that the page may ask: its licence API's, and no other. */
function contentSecurityPolicy(connectOrigins: readonly string[]): string {
  return POLICY.map((rule) =>
    rule.startsWith('connect-src ') ? [rule, ...connectOrigins].join(' ') : rule,
  ).join('; ');
}

/**
 * Every header that the application's own server sends with each answer.
 *
 * @param connectOrigins origins besides its own that the page may ask.
 */
export function serverHeaders(connectOrigins: readonly string[] = []): Record<string, string> {
  return {
    ...ISOLATION_HEADERS,
    'Content-Security-Policy': contentSecurityPolicy(connectOrigins),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
  };
}

/** {@link serverHeaders} of an application that asks nobody but its own server. */
export const SERVER_HEADERS: Readonly<Record<string, string>> = serverHeaders();

/** Origins in the form that a policy wants; null when one of them is none. */
export function readOrigins(values: readonly string[]): readonly string[] | null {
  const origins = values.map((value) => URL.parse(value));
  // More than an origin would promise that only a folder of it may be asked, which it would not hold across redirects.
  const whole = origins.every(
    (url) => url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '',
  );
  return whole ? [...new Set(origins.flatMap((url) => url?.origin ?? []))] : null;
}
