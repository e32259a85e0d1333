import { expect, test } from 'vitest';
import { readOrigins, serverHeaders } from './headers.ts';

test.each([
  [[], []],
  [['https://models.example.org'], ['https://models.example.org']],
  [
    ['http://localhost:8080/', 'https://a.example', 'https://a.example/'],
    ['http://localhost:8080', 'https://a.example'],
  ],
  [['https://a.example/packs/'], null],
  [['https://a.example/?x'], null],
  [['models.example.org'], null],
  [['ftp://a.example'], null],
  [["https://a.example; script-src 'unsafe-inline'"], null],
])('origins that packs may come from: %j', (given, origins) => {
  expect(readOrigins(given)).toEqual(origins);
});

test('an origin may be asked, and nothing else is loosened', () => {
  const policy = (origins: readonly string[]): string[] =>
    serverHeaders(origins)['Content-Security-Policy']?.split('; ') ?? [];
  const [plain, named] = [policy([]), policy(['https://a.example'])];
  const changed = named.filter((rule) => !plain.includes(rule));
  expect(changed).toEqual(["connect-src 'self' blob: data: https://a.example"]);
});
