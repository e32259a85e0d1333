import type { Notice } from '../contracts/settings.ts';
import { en } from './strings/en.ts';
import { t, type StringKey } from './strings/strings.ts';

/** Codes that the interface itself says in another way, where they would only be repeated. */
const SAID_OTHERWISE = new Set(['NOTICE_UNREAD', 'NOTICE_NO_FACE']);

function isNoticeKey(key: string): key is Extract<StringKey, `notice.${string}`> {
  return key.startsWith('notice.') && key in en;
}

/** A notice's sentence in the language in place; the engine's own words for a code that has no string yet. */
export function noticeText(notice: Notice): string {
  const key = `notice.${notice.code}`;
  return isNoticeKey(key) ? t(key) : notice.message;
}

/** The notices that are to be listed, each sentence once. */
export function listedNotices(notices: readonly Notice[]): readonly string[] {
  return [...new Set(notices.filter((one) => !SAID_OTHERWISE.has(one.code)).map(noticeText))];
}
