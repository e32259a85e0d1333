import { html } from 'lit';
import { afterEach, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../../src/contracts/errors.ts';
import { NOTICES } from '../../../src/core/score/notices.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { listedNotices, noticeText } from '../../../src/ui/notices.ts';
import { en } from '../../../src/ui/strings/en.ts';
import { about, bytes, left, percent } from '../../../src/ui/strings/format.ts';
import { setStrings, t, type StringTable } from '../../../src/ui/strings/strings.ts';
import { SwWelcome } from '../../../src/ui/sw-welcome/sw-welcome.ts';
import { mount, settle, textOf } from './lib/fixture.ts';

afterEach(() => setStrings('en', en));

describe('sentences', () => {
  test.each(ERROR_CODES)('%s says what happened and what to do, calmly', (code) => {
    const sentence = errorSentence({ code });
    expect(sentence.length).toBeGreaterThan(20);
    expect(sentence).toMatch(/[.”]$/);
    expect(sentence).not.toMatch(/ERR_|!|[Oo]ops|undefined|\{/);
  });

  test('every notice of the engine has the same words here, ready to be translated', () => {
    for (const [code, message] of Object.entries(NOTICES))
      expect(noticeText({ code, message: '' })).toBe(message);
    expect(noticeText({ code: 'NOTICE_OF_TOMORROW', message: 'Something new.' })).toBe('Something new.');
  });

  test('a notice that the interface shows in another way is not repeated', () => {
    const one = { code: 'NOTICE_NO_HAND', message: '' };
    expect(listedNotices([one, one, { code: 'NOTICE_UNREAD', message: '' }])).toHaveLength(1);
  });
});

describe('numbers', () => {
  test('one and many', () => {
    expect(about(1)).toBe('about 1 second');
    expect(about(6.4)).toBe('about 6 seconds');
    expect(about(43)).toBe('about 45 seconds');
    expect(about(150)).toBe('about 3 minutes');
    expect(left(0.2)).toBe('1 second left');
    expect(percent(0.427)).toBe('43%');
    expect(bytes(1_430_000)).toBe('1.4 MB');
  });

  test('plural forms of another language are chosen by its own rules', () => {
    const polish: StringTable = {
      'gallery.count': {
        one: '{count} klip',
        few: '{count} klipy',
        many: '{count} klipów',
        other: '{count} klipu',
      },
    };
    setStrings('pl', polish);
    expect([1, 3, 12].map((count) => t('gallery.count', { count }))).toEqual([
      '1 klip',
      '3 klipy',
      '12 klipów',
    ]);
    expect(t('nav.gallery')).toBe('Gallery');
  });
});

test('a language written from the right turns the page round and draws everything again', async () => {
  const welcome = await mount(html`<sw-welcome></sw-welcome>`, SwWelcome);
  expect(textOf(welcome)).toContain('Make a still picture move');
  setStrings('ar', { 'welcome.title': 'حرّك صورة ثابتة' });
  await settle(welcome);
  expect(textOf(welcome)).toContain('حرّك صورة ثابتة');
  expect(document.documentElement.dir).toBe('rtl');
  expect(document.documentElement.lang).toBe('ar');
});
