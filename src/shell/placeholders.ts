import { assignment, SimpleCommand } from './simple-command.ts';

/**
 * What a placeholder reads. `param`, `input` and `output` are slips: to a shell they are a bad
 * substitution.
 */
type Side = 'params' | 'matrix' | 'inputs' | 'outputs' | 'param' | 'input' | 'output';

/** A `${params.z}` in a shell text, and how the shell would read a value there. */
export interface Placeholder extends Context {
  readonly side: Side;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /**
   * A `$` or `$x` right before it, and what must stand there instead so that the shell does not
   * read a value with it.
   */
  readonly before?: { readonly start: number; readonly text: string };
}

/** What reads a text as code, if anything does. */
interface Evaluation {
  /** What evaluates the text there as code, such as `sh`; absent where the text is only a value. */
  readonly code?: string | undefined;
  /** Whether it is the standard input of a program which perhaps only reads it. */
  readonly isUnknown?: true;
}

/** How the shell reads a value at an offset of its text. */
export interface Context extends Evaluation {
  /**
   * `word`: a list is one word; `pattern`: in `${x%word}`; `expansion`: in `"${x:-word}"`; `here`,
   * `literal`: in `<<`.
   */
  readonly quoting:
    | 'words'
    | 'word'
    | 'pattern'
    | 'double'
    | 'single'
    | 'expansion'
    | 'here'
    | 'literal';
  readonly command?: SimpleCommand;
  /**
   * The here-document that it is in: the line that ends it, and whether leading tabs are removed
   * (`<<-`).
   */
  readonly hereDocument?: { readonly delimiter: string; readonly tabs: boolean };
}

/**
 * The last text and its placeholders: the instances of a matrix have one text, up to 10,000 times.
 */
let last: { readonly text: string; readonly found: readonly Placeholder[] } = {
  text: '',
  found: [],
};

/**
 * Finds the placeholders of a shell text by the quoting rules of POSIX and bash; a comment holds
 * none.
 */
export function findPlaceholders(text: string): readonly Placeholder[] {
  if (text !== last.text)
    last = { text, found: text.search(pattern) < 0 ? [] : new Reader(text).read() };
  return last.found;
}

const pattern = /\$\{(params?|matrix|inputs?|outputs?)\.([^{}]*)\}/;
const patternHere = new RegExp(pattern, 'y');
const each = new RegExp(pattern, 'g');
const dollarBefore = new RegExp(`\\$(?=${pattern.source})`, 'y');

/** Quotes within a quoted `${…}`, which shells and their versions read differently. */
const inExpansion = '"${…}"';
const arithmetic: Context = { quoting: 'double', code: '$(( ))' };

interface HereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly tabs: boolean;
  readonly command: SimpleCommand;
}

/** A part of `[[ … ]]` up to `&&` or `||`. */
interface Test {
  readonly from: number;
  /** It compares numbers: bash evaluates both sides. */
  readonly numbers: boolean;
}

class Reader {
  readonly #text: string;
  readonly #found: Placeholder[];
  readonly #isInner: boolean;
  #at: number;
  #depth = 0;
  /** Here-documents whose text begins on the next line. */
  #hereDocuments: HereDocument[] = [];
  #test: Test | undefined;
  /** The last `$` with its name, as a placeholder that follows needs it. */
  #dollar: { readonly start: number; readonly end: number; readonly text: string } | undefined;
  /** Where `((` begins no arithmetic. */
  readonly #subshells = new Set<number>();
  /** A shell that was seen whose standard input is that of the commands around it. */
  #openShell: string | undefined;

  /** `outer` is the reader of the text around a here-document. */
  constructor(text: string, at = 0, outer?: Reader) {
    this.#text = text;
    this.#at = at;
    this.#found = outer === undefined ? [] : outer.#found;
    this.#isInner = outer !== undefined;
  }

  read(): readonly Placeholder[] {
    while (this.#more()) this.#readCommands(); // again after a stray `)`
    return this.#found;
  }

  /** Reads up to the `)` of a subshell or substitution, or to the end. */
  #readCommands(): void {
    let command = new SimpleCommand();
    let openCases = 0;
    while (this.#more()) {
      if (this.#take(/[ \t]+|\\\n|#[^\n]*/y)) continue;
      if (this.#take(/\n/y)) {
        command = this.#next(command);
        this.#readHereDocuments();
      } else if (this.#take(/[;&|]/y)) {
        command = this.#next(command);
        if (this.#test) this.#test = this.#endTest(this.#test);
      } else if (this.#take(/\)/y)) {
        this.#next(command);
        if (openCases === 0) return;
        command = new SimpleCommand(); // after the pattern of a `case`
      } else if (command.name === undefined && !this.#test && this.#tryArithmetic(/\(\(/y, '))')) {
        command = new SimpleCommand();
      } else if (this.#take(/\(/y)) {
        this.#nested(() => this.#readCommands());
        command = new SimpleCommand(true);
      } else if (this.#sees(/[<>]/y)) this.#readRedirection(command);
      else {
        const isFirst = command.name === undefined;
        const word = this.#readWord(
          { quoting: 'words', code: command.wordIsFor, command },
          isFirst,
        );
        if (/^\d+$/.test(word) && this.#sees(/[<>]/y)) continue; // the number of a file
        command.add(word);
        if (isFirst && word === 'case') openCases++;
        if (isFirst && word === 'esac') openCases = Math.max(0, openCases - 1);
        if (command.name === 'case' && word === 'in') command = new SimpleCommand();
        if (isFirst && word === '[[') this.#test = { from: this.#found.length, numbers: false };
        else if (this.#test) this.#test = this.#readTest(this.#test, word);
      }
    }
  }

  /** The command after one that is read. */
  #next(command: SimpleCommand): SimpleCommand {
    const input = command.hasOwnInput ? undefined : command.inputIsFor;
    if (input?.isShell) this.#openShell ??= input.program;
    return new SimpleCommand();
  }

  /**
   * What reads the standard input of a command as code. That of a compound command is for the
   * commands in it.
   */
  #inputCode(command: SimpleCommand): Evaluation {
    if (command.name === undefined && command.endsCompound) return { code: this.#openShell };
    const { program, isShell } = command.inputIsFor ?? {};
    return { code: program, ...(isShell === false && { isUnknown: true }) };
  }

  #readTest(test: Test, word: string): Test | undefined {
    if (/^-(eq|ne|lt|le|gt|ge|v)$/.test(word)) return { ...test, numbers: true };
    if (word !== ']]') return test;
    this.#endTest(test);
    return undefined;
  }

  #endTest({ from, numbers }: Test): Test {
    if (numbers)
      this.#found.push(
        ...this.#found.splice(from).map((placeholder) => ({ ...placeholder, ...arithmetic })),
      );
    return { from: this.#found.length, numbers: false };
  }

  /**
   * A word, with its quotes removed. The first one of a command may be an assignment, which takes
   * no list.
   */
  #readWord(context: Context, isFirst: boolean): string {
    const start = this.#at;
    while (this.#more() && !this.#sees(/[ \t\n;&|<>()]/y)) {
      if (this.#take(/[^ \t\n;&|<>()\\'"`$]+/y)) continue;
      const before = isFirst ? this.#text.slice(start, this.#at) : '';
      if (/^[A-Za-z_]\w*\[[^\]]*$/.test(before)) this.#readPiece(arithmetic);
      else this.#readPiece(assignment.test(before) ? { ...context, quoting: 'word' } : context);
    }
    return this.#text.slice(start, this.#at).replaceAll(/['"\\]/g, '');
  }

  #readRedirection(command: SimpleCommand): void {
    if (this.#take(/[<>]\(/y)) {
      this.#nested(() => this.#readCommands());
      return;
    }
    const operator = this.#take(/<<<|<<-?|[<>]+[&|]?/y)!;
    this.#take(/[ \t]+/y);
    if (operator.startsWith('<')) command.hasOwnInput = true;
    if (operator === '<<<') {
      // Its command may follow, and be any.
      const isEarly = command.name === undefined && !command.endsCompound;
      this.#readWord(
        { quoting: 'word', ...(isEarly ? { code: 'sh' } : this.#inputCode(command)) },
        false,
      );
      return;
    }
    if (operator !== '<<' && operator !== '<<-') {
      this.#readWord({ quoting: 'word' }, false);
      return;
    }
    const written = this.#take(/([^\s;&|<>()'"\\]|\\.|'[^']*'|"[^"]*")+/y) ?? '';
    const delimiter = written.replaceAll(/['"\\]/g, '');
    this.#hereDocuments.push({
      delimiter,
      quoted: delimiter !== written,
      tabs: operator === '<<-',
      command,
    });
  }

  #readHereDocuments(): void {
    for (const { delimiter, quoted, tabs, command } of this.#hereDocuments.splice(0)) {
      const start = this.#at;
      let end = start;
      while (this.#more()) {
        const line = this.#take(/[^\n]*/y)!;
        this.#take(/\n/y);
        if ((tabs ? line.replace(/^\t+/, '') : line) === delimiter) break;
        end = this.#at;
      }
      const hereDocument = { delimiter, tabs };
      // Bash joins lines even of a quoted one.
      const input = quoted && this.#isInner ? { code: '<<' } : this.#inputCode(command);
      const context: Context = { quoting: quoted ? 'literal' : 'here', ...input, hereDocument };
      const body = new Reader(this.#text.slice(0, end), start, this);
      if (quoted) body.#scan(end, context);
      while (body.#more()) body.#readPiece(context);
    }
  }

  /**
   * Reads what begins here and belongs together: an escape, a quoted text, an expansion; or a few
   * plain characters.
   */
  #readPiece(context: Context): void {
    const { quoting } = context;
    const isUnquoted = quoting === 'words' || quoting === 'word' || quoting === 'pattern';
    if (this.#take(/\\[\s\S]?/y)) return;
    if (this.#sees(/\$/y)) this.#nested(() => this.#readDollar(context, isUnquoted));
    else if (this.#take(/`/y)) {
      this.#scan(this.#find(/(?:[^\\`]|\\[\s\S])*/y), { ...context, code: '`…`' });
      this.#take(/`/y);
    } else if (isUnquoted && this.#take(/'/y)) {
      this.#scan(this.#find(/[^']*/y), { ...context, quoting: 'single' });
      this.#take(/'/y);
    } else if ((isUnquoted || quoting === 'expansion') && this.#take(/"/y)) {
      const inner: Context = {
        ...context,
        quoting: 'double',
        code: isUnquoted ? context.code : inExpansion,
      };
      while (this.#more() && !this.#take(/"/y)) this.#readPiece(inner);
    } else this.#take(/[\s\S][^\s\\$`'"{}()[\];&|<>]*/y);
  }

  #readDollar(context: Context, isUnquoted: boolean): void {
    const start = this.#at;
    if (
      this.#record(context) ||
      this.#tryArithmetic(/\$\(\(/y, '))') ||
      this.#tryArithmetic(/\$\[/y, ']')
    )
      return;
    if (this.#take(/\$\(/y)) this.#readCommands();
    else if (this.#take(/\$\{/y)) this.#readExpansion(context, isUnquoted);
    else if (isUnquoted && this.#take(/\$'/y)) {
      this.#scan(this.#find(/(?:[^\\']|\\[\s\S])*/y), { ...context, code: "$'…'" });
      this.#take(/'/y);
    } else {
      const name =
        this.#take(dollarBefore) === undefined ? this.#take(/\$(\w+|[@*#?$!-]?)/y)!.slice(1) : '';
      this.#dollar = { start, end: this.#at, text: name === '' ? '\\$' : `\${${name}}` };
    }
  }

  /**
   * Reads what follows `${`. In quotes its word is quoted, too, but for a pattern, which has quotes
   * of its own.
   */
  #readExpansion(context: Context, isUnquoted: boolean): void {
    this.#take(/[#!]?(\w+|[@*#?$!-])/y);
    if (this.#take(/\[/y)) this.#readArithmetic(']');
    if (this.#take(/:(?![-=?+])/y)) {
      this.#readArithmetic('}');
      return;
    }
    const quoting = isUnquoted || this.#sees(/[#%]/y) ? 'pattern' : 'expansion';
    const code = !isUnquoted && this.#sees(/[/^,@]/y) ? inExpansion : context.code;
    while (this.#more() && !this.#take(/\}/y)) this.#readPiece({ ...context, quoting, code });
  }

  /** Arithmetic, if it closes as such: `((a); b)` and `$((a); b)` hold subshells. */
  #tryArithmetic(open: RegExp, close: '))' | ']'): boolean {
    const start = this.#at;
    const count = this.#found.length;
    const hereDocuments = [...this.#hereDocuments];
    if (this.#subshells.has(start) || this.#take(open) === undefined) return false;
    if (this.#readArithmetic(close)) return true;
    this.#subshells.add(start); // else nested ones would be tried again at every level
    this.#at = start;
    this.#found.length = count;
    this.#hereDocuments = hereDocuments;
    return false;
  }

  #readArithmetic(close: '))' | ']' | '}'): boolean {
    for (let depth = 0; this.#more(); ) {
      if (depth === 0 && this.#text.startsWith(close, this.#at)) {
        this.#at += close.length;
        return true;
      }
      if (this.#sees(/[([]/y)) depth++;
      else if (this.#sees(/[)\]]/y) && --depth < 0) return false;
      this.#readPiece(arithmetic);
    }
    return false;
  }

  #scan(end: number, context: Context): void {
    each.lastIndex = this.#at;
    for (
      let match = each.exec(this.#text);
      match && each.lastIndex <= end;
      match = each.exec(this.#text)
    ) {
      this.#at = match.index;
      this.#record(context);
    }
    this.#at = end;
  }

  /**
   * Gives up where a text is nested deeper than anyone writes: the shell gets the rest as it is.
   */
  #nested(read: () => void): void {
    this.#depth++;
    if (this.#depth > 100) this.#at = this.#text.length;
    else read();
    this.#depth--;
  }

  #record(context: Context): boolean {
    const start = this.#at;
    const match = this.#match(patternHere);
    if (match === null) return false;
    const side = match[1] as Placeholder['side'];
    const name = match[2]!;
    this.#at = patternHere.lastIndex;
    const before = this.#dollar?.end === start ? { before: this.#dollar } : {};
    this.#found.push({ ...context, side, name, start, end: this.#at, ...before });
    return true;
  }

  #more(): boolean {
    return this.#at < this.#text.length;
  }

  #match(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    return sticky.exec(this.#text);
  }

  #sees(sticky: RegExp): boolean {
    return this.#match(sticky) !== null;
  }

  #find(sticky: RegExp): number {
    return this.#at + (this.#match(sticky)?.[0].length ?? 0);
  }

  /** Passes the match of a sticky pattern and returns it, if it matches. */
  #take(sticky: RegExp): string | undefined {
    const text = this.#match(sticky)?.[0];
    this.#at += text?.length ?? 0;
    return text;
  }
}
