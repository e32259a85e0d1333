import type { accountEn } from './account.en.ts';
import { en } from './en.ts';
import type { packsEn } from './packs.en.ts';

/** One message: a text, or its plural forms by `Intl.PluralRules` category (chosen by `{count}`). */
export type Message = string | ({ readonly other: string } & Partial<Record<Intl.LDMLPluralRule, string>>);

/** All of English: what every page has, and what is fetched where it has a licence or shows packs. */
type English = typeof en & typeof accountEn & typeof packsEn;

/** Key of a message. */
export type StringKey = keyof English;

/** A whole language. A translator fills one of these; a key that is left out stays English. */
export type StringTable = Partial<Record<StringKey, Message>>;

type TextOf<M> = M extends string ? M : M extends { readonly other: infer O extends string } ? O : never;
type Names<T> = T extends `${string}{${infer P}}${infer Rest}` ? P | Names<Rest> : never;
/** Names of the values that a message needs. */
export type Params<K extends StringKey> = Names<TextOf<English[K]>>;
type Values<K extends StringKey> = Readonly<Record<Params<K>, string | number>>;
type Args<K extends StringKey> = [Params<K>] extends [never] ? [] : [values: Values<K>];

interface Language {
  readonly locale: string;
  readonly table: StringTable;
  readonly plural: Intl.PluralRules;
  readonly number: Intl.NumberFormat;
}

function language(locale: string, table: StringTable): Language {
  return {
    locale,
    table,
    plural: new Intl.PluralRules(locale),
    number: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
  };
}

const english = new Map<string, Message>(Object.entries(en));
let current = language('en', en);
const listeners = new Set<() => void>();

const RTL = new Set(['ar', 'fa', 'he', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Puts a language in place: its strings, its numbers, its direction of writing. Every element draws itself again. */
export function setStrings(locale: string, table: StringTable): void {
  current = language(locale, table);
  if (typeof document !== 'undefined') {
    document.documentElement.lang = locale;
    document.documentElement.dir = RTL.has(new Intl.Locale(locale).language) ? 'rtl' : 'ltr';
  }
  for (const listener of listeners) listener();
}

/** Puts words beside those that every page has. Whatever shows them imports the module that adds them. */
export function addEnglish(table: StringTable): void {
  for (const [key, message] of Object.entries(table)) english.set(key, message);
}

/** Calls back after {@link setStrings}; returns the call that ends it. */
export function onStrings(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The language in place, as a BCP 47 tag. */
export function locale(): string {
  return current.locale;
}

/** A number in the language's own digits and separators. */
export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return (options === undefined ? current.number : new Intl.NumberFormat(current.locale, options)).format(
    value,
  );
}

function fill(key: StringKey, values: Readonly<Record<string, string | number>>): string {
  const message: Message = current.table[key] ?? english.get(key) ?? key;
  const count = values['count'];
  const text =
    typeof message === 'string'
      ? message
      : (message[typeof count === 'number' ? current.plural.select(count) : 'other'] ?? message.other);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}

/** The text of a key in the language in place, with its values filled in. */
export function t<K extends StringKey>(key: K, ...args: Args<K>): string {
  return fill(key, args[0] ?? {});
}
