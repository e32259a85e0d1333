import { createHash } from 'node:crypto';
import type { SeenRequest } from './network-watch.ts';

/** What must be in no request (T6). */
export interface Secrets {
  readonly prompt: string;
  /** The picture's file. */
  readonly picture: Buffer;
  /** Name of that file, ending included. */
  readonly fileName: string;
  /** Finished clips. */
  readonly clips?: readonly Buffer[];
}

/** From so many letters on, a word of a prompt is looked for by itself; shorter ones may stand anywhere by chance. */
const LONG_WORD = 7;
/** So many bytes of a picture in a row, wherever they begin, are its bytes and no chance, once they are aligned. */
const WINDOW = 16;
/** So much of a digest's beginning is taken for it. */
const DIGEST_BYTES = 8;
const DIGESTS = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'] as const;
/** How often what was decoded is decoded again. */
const DEPTH = 2;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function unescaped(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}

/** Bytes, and everything that can be read out of them: unescaped, from base64 of both alphabets, from hexadecimal. */
function readings(bytes: Buffer, depth = DEPTH): Buffer[] {
  const found = [bytes];
  if (depth === 0) return found;
  const text = bytes.toString('latin1');
  const plain = unescaped(text);
  if (plain !== text) found.push(...readings(latin1(plain), depth - 1));
  for (const [run] of text.matchAll(/[\w+/-]{11,}/g)) {
    // Where a run begins within its group of four is not known: it may go on from an address or a word.
    for (let from = 0; from < 4; from++)
      found.push(...readings(Buffer.from(run.slice(from), 'base64'), depth - 1));
  }
  for (const [run] of text.matchAll(/[0-9a-f]{16,}/gi)) {
    for (let from = 0; from < 2; from++)
      found.push(...readings(Buffer.from(run.slice(from), 'hex'), depth - 1));
  }
  return found;
}

function wordsOf(text: string): string[] {
  return [...text.toLowerCase().matchAll(/[a-z]+/g)]
    .map(([word]) => word)
    .filter((word) => word.length >= LONG_WORD);
}

/** Every window of some bytes. */
function windowsOf(bytes: Buffer): ReadonlySet<string> {
  const text = bytes.toString('latin1');
  const windows = new Set<string>();
  for (let at = 0; at + WINDOW <= text.length; at++) windows.add(text.slice(at, at + WINDOW));
  return windows;
}

/** Looks for what must not leave. @returns for each thing found, what it is and where; empty when there is nothing. */
export function leakSearch(secrets: Secrets): (requests: readonly SeenRequest[]) => string[] {
  const { prompt, picture, fileName, clips = [] } = secrets;
  const words = [
    ...new Set([...wordsOf(prompt), fileName.toLowerCase(), fileName.replace(/\.\w+$/, '').toLowerCase()]),
  ];
  const digests = DIGESTS.flatMap((algorithm) =>
    [
      ['picture', picture] as const,
      ['prompt', Buffer.from(prompt)] as const,
      ['file name', Buffer.from(fileName)] as const,
      ...clips.map((clip) => ['clip', clip] as const),
    ].map(([of, bytes]) => ({
      what: `${algorithm} of the ${of}`,
      start: createHash(algorithm).update(bytes).digest().subarray(0, DIGEST_BYTES),
    })),
  );
  const contents = [
    { what: 'bytes of the picture', windows: windowsOf(picture) },
    ...clips.map((clip) => ({ what: 'bytes of a clip', windows: windowsOf(clip) })),
  ];

  const inOne = (view: Buffer): string[] => {
    const text = view.toString('latin1');
    const lower = text.toLowerCase();
    const windows = Array.from({ length: Math.floor(text.length / WINDOW) }, (_, place) =>
      text.slice(place * WINDOW, (place + 1) * WINDOW),
    );
    return [
      ...words.filter((word) => lower.includes(word)).map((word) => `“${word}”`),
      ...digests.filter(({ start }) => view.includes(start)).map(({ what }) => what),
      ...contents.filter((one) => windows.some((window) => one.windows.has(window))).map(({ what }) => what),
    ];
  };
  return (requests) =>
    requests.flatMap(({ method, url, headers, body }) => {
      const head = `${url}\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n')}`;
      const views = [...readings(latin1(head)), ...readings(body)];
      return [...new Set(views.flatMap(inOne))].map((what) => `${what} in ${method} ${url.slice(0, 80)}`);
    });
}
