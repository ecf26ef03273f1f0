/** A comparison with a column, or a word that a text of the row holds. */
export interface Condition {
  readonly name?: string;
  readonly operator: '>=' | '<=' | '!=' | '=' | '>' | '<';
  readonly value: string;
}

/** A query, or a part of one. */
export type Query =
  | { readonly form: 'condition'; readonly condition: Condition }
  | { readonly form: 'all' | 'any'; readonly parts: readonly Query[] }
  | { readonly form: 'not'; readonly part: Query };

/** A text in quotes, where a quote is written twice. */
const quoted = '"((?:[^"]|"")*)"';
const bareName = '[^\\s"<>=!()]+';
const comparison = `(?:${quoted}|(${bareName})\\s*)(>=|<=|!=|=|>|<)\\s*(?:${quoted}|([^\\s()]+))`;
/** A minus is a `not` before what is no number. */
const minus = '-(?=["(\\p{L}])';
const token = new RegExp(`([()])|(${minus})|${comparison}|${quoted}|([^\\s()]+)`, 'gu');

type Token = { readonly at: number; readonly end: number } & (
  | { readonly form: 'open' | 'close' | 'or' | 'and' | 'not' }
  | { readonly form: 'condition'; readonly condition: Condition }
);

const words: ReadonlySet<string> = new Set(['or', 'and', 'not']);

const tokensOf = (text: string): readonly Token[] =>
  Array.from(text.matchAll(token), (match): Token => {
    const [whole, bracket, sign, quotedName, name, operator, quotedValue, value, phrase, word] =
      match;
    const place = { at: match.index, end: match.index + whole.length };
    if (bracket !== undefined) return { ...place, form: bracket === '(' ? 'open' : 'close' };
    if (sign !== undefined) return { ...place, form: 'not' };
    if (operator !== undefined) {
      const condition = {
        name: bare(quotedName) ?? name!,
        operator: operator as Condition['operator'],
        value: bare(quotedValue) ?? value!,
      };
      return { ...place, form: 'condition', condition };
    }
    const keyword = word?.toLowerCase() ?? '';
    if (words.has(keyword)) return { ...place, form: keyword as 'or' | 'and' | 'not' };
    return {
      ...place,
      form: 'condition',
      condition: { operator: '=', value: bare(phrase) ?? word! },
    };
  });

const bare = (inQuotes: string | undefined): string | undefined => inQuotes?.replaceAll('""', '"');

/** A name or value as a query has it. */
export const inQuery = (text: string): string =>
  /[\s"<>=!()]|^-|^$/.test(text) || words.has(text.toLowerCase())
    ? `"${text.replaceAll('"', '""')}"`
    : text;

/** A part of a query that must hold, as it is written. */
export interface Conjunct {
  readonly query: Query;
  readonly text: string;
}

/** What a text means. */
export interface ParsedQuery {
  /** All of them must hold. */
  readonly conjuncts: readonly Conjunct[];
  /** What is missing in it, as a sentence; empty where nothing is. */
  readonly problem: string;
}

/**
 * Parses `seed=7 test.auc>0.8 (failed or killed) not "two words"`. Blanks, or `and`, join
 * conditions that must all hold; `or` binds less than these, `not` and `-` more. Any text is a
 * query, since people type it letter by letter: what is missing is left out, and named.
 */
export function parseQuery(text: string): ParsedQuery {
  const parser = new Parser(text);
  const conjuncts = parser.conjuncts();
  return { conjuncts, problem: parser.problem };
}

/** A descent through the tokens of a text. */
class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  problem = '';

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  /** The whole text: one conjunct where `or` joins its parts. */
  conjuncts(): readonly Conjunct[] {
    const first = this.#all();
    const parts = [first];
    while (this.#peek() !== undefined) {
      if (this.#peek()!.form === 'close') {
        this.#miss('A ) has no ( before it.');
        this.#next++;
        parts[parts.length - 1] = [...parts.at(-1)!, ...this.#all()];
      } else parts.push(this.#alternative());
    }
    const filled = parts.filter(({ length }) => length > 0);
    if (filled.length < 2) return filled[0] ?? [];
    return [{ query: joined('any', filled.map(allOf)), text: this.#text.trim() }];
  }

  /** What follows an `or`. */
  #alternative(): readonly Conjunct[] {
    this.#next++;
    const all = this.#all();
    if (all.length === 0) this.#miss('Something must stand on both sides of or.');
    return all;
  }

  /** Everything up to an `or`, a bracket that closes, or the end. */
  #all(): readonly Conjunct[] {
    const all: Conjunct[] = [];
    for (;;) {
      const token = this.#peek();
      if (token === undefined || token.form === 'or' || token.form === 'close') return all;
      if (token.form === 'and') {
        this.#next++;
        continue;
      }
      const query = this.#one();
      const end = this.#tokens[this.#next - 1]!.end;
      if (query !== undefined) all.push({ query, text: this.#text.slice(token.at, end) });
    }
  }

  #one(): Query | undefined {
    const token = this.#tokens[this.#next++];
    if (token?.form === 'condition') return { form: 'condition', condition: token.condition };
    if (token?.form === 'open') return this.#bracket();
    const follows = this.#peek();
    const isThere = follows !== undefined && !/^(or|and|close)$/.test(follows.form);
    const part = isThere ? this.#one() : undefined;
    if (part === undefined) this.#miss('Something must follow not.');
    return part && { form: 'not', part };
  }

  #bracket(): Query | undefined {
    const parts = [allOf(this.#all())];
    while (this.#peek()?.form === 'or') parts.push(allOf(this.#alternative()));
    if (this.#peek() === undefined) this.#miss('A ( is not closed.');
    else this.#next++;
    const filled = parts.flatMap((part) => part ?? []);
    return filled.length === 0 ? undefined : joined('any', filled);
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #miss(problem: string): void {
    this.problem ||= problem;
  }
}

const allOf = (conjuncts: readonly Conjunct[]): Query =>
  joined(
    'all',
    conjuncts.map(({ query }) => query),
  );

const joined = (form: 'all' | 'any', parts: readonly Query[]): Query =>
  parts.length === 1 ? parts[0]! : { form, parts };
