import { expect, test } from 'vitest';
import { keyName, openAnswer, sealAnswer } from './idempotency-seal.ts';

const CASE = ['operator:main', 'order-0001', 'the-operator'] as const;

test('a sealed answer opens for the same request alone', () => {
  const body = '{"key":"SW-SECRET","name":"Größe"}';
  const sealed = sealAnswer(...CASE, body);
  expect(sealed).not.toContain('SECRET');
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('SECRET');
  expect(openAnswer(...CASE, sealed)).toBe(body);
  expect(sealAnswer(...CASE, body)).not.toBe(sealed);
  for (let i = 0; i < CASE.length; i++) {
    const [caller, key, bearer] = CASE.map((one, at) => (at === i ? `${one}x` : one));
    expect(openAnswer(caller ?? '', key ?? '', bearer ?? '', sealed)).toBeNull();
  }
});

test('a damaged answer does not open', () => {
  const bytes = Buffer.from(sealAnswer(...CASE, '{"a":1}'), 'base64url');
  for (let i = 0; i < bytes.length; i++) {
    const damaged = Buffer.from(bytes);
    damaged[i] = (damaged[i] ?? 0) ^ 1;
    expect(openAnswer(...CASE, damaged.toString('base64url'))).toBeNull();
  }
  for (const text of ['', 'AAAA', bytes.subarray(0, 27).toString('base64url')]) {
    expect(openAnswer(...CASE, text)).toBeNull();
  }
});

test('names of keys are of callers, and tell nothing of the key', () => {
  expect(keyName('device:a', 'order-0001')).not.toBe(keyName('device:b', 'order-0001'));
  expect(keyName('device:a', 'order-0001')).toMatch(/^[\w-]{43}$/);
});
