import type { Token } from './tokens.ts';

/** How a clause hangs on the one before it. */
export type Link = 'start' | 'then' | 'and' | 'while' | 'after' | 'before' | 'but' | 'or' | 'comma';

/** Words that belong together, between two joints of a sentence. */
export interface Clause {
  readonly link: Link;
  /** Number of the sentence. */
  readonly sentence: number;
  readonly tokens: readonly Token[];
}

/** True where a word of the link list is something else here: "next to", "as if", "as well". */
function isNoLink(token: Token, next: Token | undefined): boolean {
  if (token.lemma === 'next') return next?.lemma === 'to';
  if (token.lemma === 'as') return next?.text === 'if' || next?.text === 'well' || next?.text === 'though';
  return false;
}

/** Divides a prompt's tokens into clauses. Empty clauses are left out; their link goes on to the next. */
export function clausesOf(tokens: readonly Token[]): Clause[] {
  const clauses: Clause[] = [];
  let link: Link = 'start';
  let sentence = 0;
  let words: Token[] = [];
  const end = (next: Link): void => {
    if (words.length > 0) {
      clauses.push({ link, sentence, tokens: words });
      words = [];
      link = next;
      return;
    }
    // "and then", ", while": the stronger joint wins; a comma alone is the weakest.
    if (next !== 'comma' && !(next === 'and' && link !== 'comma' && link !== 'start')) {
      if (!(link === 'then' && next === 'while')) link = next;
    }
  };
  tokens.forEach((token, index) => {
    if (token.kind === 'stop') {
      end('start');
      link = 'start';
      sentence += 1;
    } else if (token.kind === 'comma') {
      end('comma');
    } else if (token.entry?.link !== undefined && !isNoLink(token, tokens[index + 1])) {
      end(token.entry.link);
    } else {
      words.push(token);
    }
  });
  end('start');
  return clauses;
}
