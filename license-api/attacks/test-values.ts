import type { LicenceErrorCode } from '../../src/contracts/licence/api.ts';

/** What is written where a field's value belongs: JSON as text, for much of it is nothing that a value can be. */
export const HOSTILE_VALUES: readonly string[] = [
  'null',
  'true',
  'false',
  '0',
  '-0',
  '-1',
  '0.5',
  '-1e-7',
  '5e-324',
  '1e13',
  '9007199254740993',
  '123456789012345678901234567890',
  '1e308',
  '1e400',
  '-1e400',
  '""',
  '" "',
  '"1"',
  '"NaN"',
  '"Infinity"',
  '"null"',
  '"true"',
  '"0x10"',
  '"1e3"',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u202e\\u2066"',
  '"\\r\\nSet-Cookie: a=b"',
  '"\\u001b[2J"',
  '"𝔘𝔫𝔦"',
  '"éà"',
  '"__proto__"',
  '"constructor"',
  '"../../../etc/passwd"',
  '"%00%2e%2e%2f"',
  `"'; DROP TABLE licences; --"`,
  `"' OR '1'='1"`,
  '"\\\\\'; SELECT pg_sleep(30); --"',
  '"$1"',
  '"${7*7}"',
  `"${'x'.repeat(300)}"`,
  '[]',
  '{}',
  '[null]',
  '[[]]',
  '[{}]',
  '["a b"]',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{"a":1}}}',
  '{"length":1,"0":"a"}',
  '{"toString":1,"valueOf":1,"toJSON":1}',
];

/** Long and deep ones: what they cost is the same in every field, so that one of each body holds them. */
export const LARGE_VALUES: readonly string[] = [
  `"${'x'.repeat(100_000)}"`,
  `${'['.repeat(1000)}${']'.repeat(1000)}`,
  `${'{"a":'.repeat(1000)}"\\u0000"${'}'.repeat(1000)}`,
  `[${'0,'.repeat(3000)}0]`,
];

/** Names of members that no object of the interface has. */
export const HOSTILE_NAMES: readonly string[] = [
  'extra',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  'admin',
  'balance',
  '',
  ' ',
  '\\u0000',
  '\\ud800',
  "'; --",
  'Key',
];

/** Texts that are no JSON object at all. */
export const HOSTILE_BODIES: readonly (readonly [string | Uint8Array<ArrayBuffer>, LicenceErrorCode])[] = [
  ...[
    '',
    ' ',
    '{',
    '}',
    '{}}',
    '{}{}',
    '{},',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":undefined}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":0x10}',
    '{"a":"\n"}',
    '{"a":"\\x41"}',
    '{"a":"\\u12"}',
    '{/* */}',
    '// \n{}',
    '\ufeff{}',
    '\0{}',
    '{}\0',
    '<a/>',
    'a=1&b=2',
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--',
    'NaN',
    'undefined',
    '['.repeat(10_000),
    '{"a":'.repeat(3000),
  ].map((text) => [text, 'ERR_REQUEST_NOT_JSON'] as const),
  // Not UTF-8: a broken sequence, an overlong one, half of a pair, UTF-16 with its mark.
  [Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 'ERR_REQUEST_NOT_JSON'],
  [Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d), 'ERR_REQUEST_NOT_JSON'],
  [Uint8Array.of(0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d), 'ERR_REQUEST_NOT_JSON'],
  [Uint8Array.of(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00), 'ERR_REQUEST_NOT_JSON'],
  [Uint8Array.of(0x1f, 0x8b, 0x08, 0x00, 0x00), 'ERR_REQUEST_NOT_JSON'],
  ...['null', 'true', '0', '1e400', '"a"', '[]', '[{}]', `${'['.repeat(4000)}${']'.repeat(4000)}`].map(
    (text) => [text, 'ERR_REQUEST_INVALID'] as const,
  ),
];

/** What a body is said to be when it isn't said to be JSON. */
export const HOSTILE_TYPES: readonly string[] = [
  '',
  'text/plain',
  'text/json',
  'application/jsonp',
  'application/json-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'text/plain; application/json',
  'application/json, text/plain',
];

/** What stands where a key of idempotency belongs. */
export const HOSTILE_IDEMPOTENCY: readonly (string | null)[] = [
  null,
  '',
  'short',
  'x'.repeat(129),
  'x'.repeat(8000),
  'with a space',
  'semi;colon',
  "'; DROP TABLE idempotency; --",
  '../../../../etc/passwd',
  'é'.repeat(10),
  'a'.repeat(8) + ', ' + 'b'.repeat(8),
];

/** A field of a body: where it is, and which of the hostile values it may hold all the same. */
export interface Field {
  readonly at: readonly (string | number)[];
  readonly optional?: boolean;
  /** Whether a value is of the field's form. Written anew here, so that a schema that lets too much in is found. */
  readonly fits?: (value: unknown) => boolean;
  /** What is answered to a value that fits and is wrong all the same; left out: such a value is not tried. */
  readonly then?: LicenceErrorCode;
}

const matches =
  (pattern: RegExp) =>
  (value: unknown): boolean =>
    typeof value === 'string' && pattern.test(value);
const whole = (least: number, most: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
const text = (most: number) => (value: unknown) =>
  typeof value === 'string' &&
  value.trim().length > 0 &&
  value.trim().length <= most &&
  !value.includes('\0') &&
  !/\p{Surrogate}/u.test(value);
const truth = (value: unknown): boolean => typeof value === 'boolean';
const none = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** Forms that fields have. */
export const FORMS = {
  amount: whole(1, 1e12),
  signed: (value: unknown): boolean => whole(-1e12, 1e12)(value) && value !== 0,
  time: whole(0, 8.64e15),
  seconds: whole(0, Infinity),
  id: matches(/^[A-Za-z0-9_-]{1,64}$/),
  name: matches(/^[a-z0-9][a-z0-9-]{0,63}$/),
  reference: matches(/^[A-Za-z0-9_.:@-]{1,128}$/),
  event: matches(/^[A-Za-z0-9_.:-]{1,128}$/),
  word: matches(/^[A-Za-z0-9_]{1,128}$/),
  anyText: (value: unknown): boolean => typeof value === 'string',
  shortText: text(60),
  reason: text(200),
  truth,
  none,
} as const;
