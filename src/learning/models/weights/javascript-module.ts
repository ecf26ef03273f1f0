import { StageError } from '../../../stage.ts';

// Some npm packages wrap `model.json` and its shards into modules for browsers, as `model.min.js`:
// a function, and in it `module.exports=` with a literal. The literal is read as data. Nothing of
// the module is ever executed.

/** How bundles of such modules begin. */
export const bundleStart = '!function';

const longestName = 1000;
const deepest = 100;

/** The literal that a wrapped module exports. Throws a {@link StageError} for any other module. */
export function wrappedLiteral(path: string, text: string): unknown {
  const start = /\bexports=(?=["[{])/.exec(text);
  if (start === null) throw wrong(path, 'exports no object, list or text');
  return new LiteralReader(path, text, start.index + start[0].length).value(0);
}

/** The bytes of a wrapped shard: base64. */
export function wrappedBytes(path: string, text: string): Uint8Array<ArrayBuffer> {
  const literal = wrappedLiteral(path, text);
  if (typeof literal !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(literal)) {
    throw wrong(path, 'exports no base64');
  }
  return new Uint8Array(Buffer.from(literal, 'base64'));
}

const wrong = (path: string, problem: string): StageError =>
  new StageError(`Expected a module of weights in ${path}, but it ${problem}.`);

/** Reads JSON with what minifiers make of it: names without quotes, `.5`, `!0` for true. */
class LiteralReader {
  readonly #path: string;
  readonly #text: string;
  #at: number;

  constructor(path: string, text: string, at: number) {
    this.#path = path;
    this.#text = text;
    this.#at = at;
  }

  value(depth: number): unknown {
    if (depth > deepest) throw wrong(this.#path, 'is nested too deeply');
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth);
    if (first === '"') return this.#string();
    return this.#word();
  }

  #object(depth: number): Record<string, unknown> {
    // Without a prototype, `__proto__` is a name like any other.
    const object: Record<string, unknown> = Object.create(null);
    this.#at++;
    while (!this.#takes('}')) {
      const name = this.#text[this.#at] === '"' ? this.#string() : this.#token(/[\w$]+/y);
      if (!this.#takes(':')) throw this.#unexpected();
      object[name] = this.value(depth + 1);
      if (!this.#takes(',') && this.#text[this.#at] !== '}') throw this.#unexpected();
    }
    return object;
  }

  #list(depth: number): unknown[] {
    const list: unknown[] = [];
    this.#at++;
    while (!this.#takes(']')) {
      list.push(this.value(depth + 1));
      if (!this.#takes(',') && this.#text[this.#at] !== ']') throw this.#unexpected();
    }
    return list;
  }

  #string(): string {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') {
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    const literal = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    try {
      return JSON.parse(literal) as string;
    } catch {
      throw wrong(this.#path, 'holds a text that is cut short or not plain');
    }
  }

  #word(): unknown {
    const word = this.#token(/[-!\w.+]+/y);
    const constants: ReadonlyMap<string, unknown> = new Map<string, unknown>([
      ['!0', true],
      ['true', true],
      ['!1', false],
      ['false', false],
      ['null', null],
    ]);
    if (constants.has(word)) return constants.get(word);
    const number = Number(word);
    if (/^-?[\d.]/.test(word) && Number.isFinite(number)) return number;
    throw wrong(this.#path, `holds "${word.slice(0, 40)}", which is no data`);
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined || token.length > longestName) throw this.#unexpected();
    this.#at += token.length;
    return token;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #unexpected(): StageError {
    const found = this.#text.slice(this.#at, this.#at + 10) || 'its end';
    return wrong(this.#path, `holds ${found} at character ${this.#at}, where data should be`);
  }
}
