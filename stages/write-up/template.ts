import { StageError } from '../../src/stage.ts';

/** Markdown with slots to fill, in order. */
export type Template = readonly (string | Slot)[];

/** A slot of a template: `{{ scores[seed=7] test.auc | percent interval }}`. */
export interface Slot {
  /** As written, without braces, blanks joined. */
  readonly text: string;
  readonly line: number;
  /** One, or two that an operator joins. */
  readonly reads: readonly [Reading] | readonly [Reading, Reading];
  readonly operator?: '-' | '/';
  readonly format: readonly string[];
}

/** The source of a slot: an artifact, and a number or text in it. */
export interface Reading {
  readonly input: string;
  /**
   * Selects one of its artifacts by axis values, and rows of a table by the values of their
   * columns.
   */
  readonly selection: ReadonlyMap<string, string>;
  /** Absent: the artifact itself, a figure or a table. */
  readonly path?: string;
}

const slot = /\\\{\{|\{\{([^{}]*)\}\}|\{\{/g;
const reading = /^([\w-]+)(?:\[([^\]]*)\])?(?: (.+))?$/;

/**
 * Parses a template; `\{{` stands for two braces. Throws a {@link StageError} with a line for every
 * mistake.
 */
export function parseTemplate(text: string): Template {
  const pieces: (string | Slot)[] = [];
  const mistakes: string[] = [];
  let end = 0;
  for (const match of text.matchAll(slot)) {
    pieces.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const line = text.slice(0, match.index).split('\n').length;
    const written = match[1]?.trim().replaceAll(/\s+/g, ' ');
    if (match[0] === '\\{{') pieces.push('{{');
    else if (written === undefined)
      mistakes.push(
        `line ${line}: expected }} after {{, with no brace between; two braces of the text are \\{{`,
      );
    else {
      const parsed = parseSlot(written);
      if (parsed !== undefined) pieces.push({ text: written, line, ...parsed });
      else {
        const example = '{{ scores test.auc | percent }}';
        mistakes.push(
          `line ${line}: expected an input and what is read of it, as in ${example}, got {{ ${written} }}`,
        );
      }
    }
  }
  pieces.push(text.slice(end));
  if (mistakes.length > 0)
    throw new StageError(['The template has mistakes:', ...mistakes].join('\n'));
  return pieces;
}

function parseSlot(text: string): Omit<Slot, 'text' | 'line'> | undefined {
  const [what = '', format = '', ...furtherParts] = text.split(/ ?\| ?/);
  const operator = / ([-/]) /.exec(what)?.[1] as Slot['operator'];
  const [first, second, ...further] = what.split(/ [-/] /);
  if (furtherParts.length > 0 || further.length > 0) return undefined;
  const reads = readingsOf(first!, second);
  if (reads === undefined) return undefined;
  const words = format.split(' ').filter((word) => word !== '');
  return { reads, ...(operator && { operator }), format: words };
}

function readingsOf(first: string, second: string | undefined): Slot['reads'] | undefined {
  const left = parseReading(first);
  if (left === undefined || second === undefined) return left && [left];
  const right = parseReading(second);
  return right && [left, right];
}

function parseReading(text: string): Reading | undefined {
  const match = reading.exec(text);
  if (match === null) return undefined;
  const [, input, brackets = '', path] = match;
  const selection = new Map<string, string>();
  for (const pair of brackets.split(',').filter((pair) => pair.trim() !== '')) {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return undefined;
    selection.set(name.trim(), value.trim());
  }
  return { input: input!, selection, ...(path !== undefined && { path }) };
}
