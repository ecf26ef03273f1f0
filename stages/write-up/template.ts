import { StageError } from '../../src/stage.ts';
import { type Condition, parseCondition } from './condition.ts';
import { directiveWords } from './directive-words.ts';
import { parseReads, type Reads } from './reading.ts';

/** Markdown with placeholders to fill and sentences to choose, in order. */
export type Template = readonly Piece[];

/** A text between two placeholders stands as it is. */
export type Piece = string | Slot | Expectation | Choice;

/** Where a placeholder of the template stands, and what it says. */
export interface Placeholder {
  /** As written, without braces, blanks joined. */
  readonly text: string;
  /** The position of its first brace; line and column are counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** A slot of a template: `{{ scores[seed=7] test.auc | percent interval }}`. */
export interface Slot extends Placeholder, Reads {
  readonly is: 'slot';
  readonly format: readonly string[];
}

/** A statement that the run must bear out: `{{ expect a test.auc > 0.5 by interval }}`. */
export interface Expectation extends Placeholder {
  readonly is: 'expectation';
  readonly condition: Condition;
}

/** Texts of which the first that holds is taken: `{{ if … }} … {{ else }} … {{ end }}`. */
export interface Choice {
  readonly is: 'choice';
  readonly branches: readonly Branch[];
}

/** A text and the condition of it, which that after `{{ else }}` lacks. */
export interface Branch extends Placeholder {
  readonly condition?: Condition;
  readonly pieces: Template;
}

/** `file:line:column`, which editors open. */
export const positionOf = (file: string, { line, column }: Omit<Placeholder, 'text'>): string =>
  `${file}:${line}:${column}`;

const placeholder = /\\\{\{|\{\{([^{}]*)\}\}|\{\{/g;

/**
 * Parses a template; `\{{` stands for two braces. Throws a {@link StageError} with the position of
 * every mistake.
 *
 * @param file The name of the template in positions.
 */
export function parseTemplate(text: string, file: string): Template {
  const builder = new Builder();
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    const [written, inside] = match;
    const begin = match.index;
    const before = text.slice(end, begin);
    end = begin + written.length;
    const words = inside?.trim().replaceAll(/\s+/g, ' ');
    const at = { text: words ?? '', ...positionIn(text, begin) };
    if (written === '\\{{') builder.add(before, '{{');
    else if (words === undefined) {
      builder.add(before);
      builder.mistake(
        at,
        'expected }} after {{, with no brace between; two braces of the text are \\{{',
      );
    } else if (isDirective(words)) {
      const line = lineAround(text, begin, end);
      builder.add(line === undefined ? before : before.slice(0, before.length - line.indent));
      builder.directive(at);
      if (line !== undefined) end = line.end;
    } else {
      builder.add(before);
      builder.slot(at);
    }
  }
  builder.add(text.slice(end));
  const { pieces, mistakes } = builder.close();
  if (mistakes.length > 0) {
    const lines = mistakes.map(([at, message]) => `${positionOf(file, at)}: ${message}`);
    throw new StageError(['The template has mistakes:', ...lines].join('\n'));
  }
  return pieces;
}

const isDirective = (words: string): boolean => directiveWords.includes(words.split(' ', 1)[0]!);

function positionIn(text: string, index: number): Omit<Placeholder, 'text'> {
  const lines = text.slice(0, index).split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

/**
 * A directive that stands alone on its line takes the line with it: the number of blanks before it,
 * and where the next line begins. Undefined if there is more on the line.
 */
function lineAround(text: string, begin: number, end: number) {
  const indent = /(?:^|\n)([ \t]*)$/.exec(text.slice(0, begin))?.[1]?.length;
  const rest = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(end))?.[0].length;
  return indent === undefined || rest === undefined ? undefined : { indent, end: end + rest };
}

/** A block that has not ended. */
interface OpenBlock {
  readonly opened: Placeholder;
  readonly branches: Branch[];
  branch: Placeholder & { readonly condition?: Condition };
  pieces: Piece[];
}

/** Collects the pieces of the text and of the blocks that are open. */
class Builder {
  readonly #pieces: Piece[] = [];
  readonly #blocks: OpenBlock[] = [];
  readonly #mistakes: (readonly [Placeholder, string])[] = [];

  add(...pieces: readonly Piece[]): void {
    (this.#blocks.at(-1)?.pieces ?? this.#pieces).push(...pieces);
  }

  mistake(at: Placeholder, message: string): void {
    this.#mistakes.push([at, message]);
  }

  slot(at: Placeholder): void {
    const slot = parseSlot(at.text);
    if (slot !== undefined) this.add({ is: 'slot', ...at, ...slot });
    else {
      const example = '{{ scores test.auc | percent }}';
      this.mistake(
        at,
        `expected an input and what is read of it, as in ${example}, got {{ ${at.text} }}`,
      );
    }
  }

  directive(at: Placeholder): void {
    const [word] = at.text.split(' ', 1);
    const rest = at.text.slice(word!.length).trim();
    if (word === 'expect') this.#expect(at, rest);
    else if (word === 'if') this.#open(at, rest);
    else this.#inBlock(at, word!, rest);
  }

  #expect(at: Placeholder, rest: string): void {
    const condition = this.#condition(at, rest);
    if (condition !== undefined) this.add({ is: 'expectation', ...at, condition });
  }

  #open(at: Placeholder, rest: string): void {
    const condition = this.#condition(at, rest);
    this.#blocks.push({
      opened: at,
      branches: [],
      branch: { ...at, ...(condition && { condition }) },
      pieces: [],
    });
  }

  #inBlock(at: Placeholder, word: string, rest: string): void {
    const block = this.#blocks.at(-1);
    if (block === undefined) {
      this.mistake(at, `{{ ${word} }} has no {{ if … }} before it`);
      return;
    }
    block.branches.push({ ...block.branch, pieces: block.pieces });
    if (word === 'end') this.#end(block, at, rest);
    else this.#else(block, at, rest);
  }

  #end({ branches }: OpenBlock, at: Placeholder, rest: string): void {
    if (rest !== '') this.mistake(at, `expected {{ end }}, got {{ ${at.text} }}`);
    this.#blocks.pop();
    this.add({ is: 'choice', branches });
  }

  #else(block: OpenBlock, at: Placeholder, rest: string): void {
    if (block.branch.text === 'else')
      this.mistake(at, '{{ else }} is the last text of its {{ if … }}: {{ end }} follows');
    const [, question] = /^if ?(.*)$/.exec(rest) ?? [];
    if (rest !== '' && question === undefined)
      this.mistake(at, `expected {{ else }} or {{ else if … }}, got {{ ${at.text} }}`);
    const condition = question === undefined ? undefined : this.#condition(at, question);
    block.branch = { ...at, ...(condition && { condition }) };
    block.pieces = [];
  }

  #condition(at: Placeholder, text: string): Condition | undefined {
    const condition = parseCondition(text);
    if (condition.ok) return condition.value;
    this.mistake(at, condition.error);
    return undefined;
  }

  close() {
    for (const { opened } of this.#blocks) this.mistake(opened, '{{ if … }} has no {{ end }}');
    return { pieces: this.#pieces, mistakes: this.#mistakes };
  }
}

function parseSlot(text: string): Omit<Slot, 'is' | keyof Placeholder> | undefined {
  // Bars in parentheses are those of columns.
  const bar = text.indexOf('|', text.lastIndexOf(')') + 1);
  const format = bar === -1 ? '' : text.slice(bar + 1);
  if (format.includes('|')) return undefined;
  const what = bar === -1 ? text : text.slice(0, bar).trimEnd();
  const reads = parseReads(what);
  return reads && { ...reads, format: wordsOf(format) };
}

/** The words after a bar. */
export const wordsOf = (text: string): readonly string[] =>
  text.split(' ').filter((word) => word !== '');

/** Every reading of a template: of slots, conditions, and all branches. */
export function readingsOf(template: Template): readonly Reads['reads'][number][] {
  return template.flatMap((piece) => {
    if (typeof piece === 'string') return [];
    if (piece.is === 'slot') return piece.reads;
    if (piece.is === 'expectation') return readingsOfCondition(piece.condition);
    return piece.branches.flatMap(({ condition, pieces }) => [
      ...(condition === undefined ? [] : readingsOfCondition(condition)),
      ...readingsOf(pieces),
    ]);
  });
}

function readingsOfCondition(condition: Condition): readonly Reads['reads'][number][] {
  if (condition.is === 'presences') return condition.presences.flatMap(({ reads }) => reads.reads);
  return condition.comparisons.flatMap(({ left, right }) =>
    [left, right].flatMap((term) => (term.is === 'reads' ? term.reads : [])),
  );
}
