import { err, ok, type Result } from '../../src/result.ts';

/** Markdown with places to fill, in order. */
export type Template = readonly (string | Place)[];

/** A place of a template: `{{ scores[seed=7] test.auc | percent interval }}`. */
export interface Place {
  /** As it is written, braces left out and blanks joined. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** One, or two that an operator joins. */
  readonly reads: readonly [Reading] | readonly [Reading, Reading];
  readonly operator?: '-' | '/';
  /** The words after the bar. */
  readonly format: readonly string[];
}

/** What a place reads: an artifact, and of it a number or text. */
export interface Reading {
  /** The input of the stage. */
  readonly input: string;
  /** Which of its artifacts, by axis values, and which row of a table, by the values of its columns. */
  readonly selection: ReadonlyMap<string, string>;
  /** Absent: the artifact itself, a figure or a table. */
  readonly path?: string;
}

const place = /\\\{\{|\{\{([^{}]*)\}\}|\{\{/g;
const reading = /^([\w-]+)(?:\[([^\]]*)\])?(?: (.+))?$/;

/** Reads a template; `\{{` is written for two braces. Mistakes are one sentence each, with their line. */
export function parseTemplate(text: string): Result<Template, readonly string[]> {
  const pieces: (string | Place)[] = [];
  const mistakes: string[] = [];
  let end = 0;
  for (const match of text.matchAll(place)) {
    pieces.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    const line = text.slice(0, match.index).split('\n').length;
    if (match[0] === '\\{{') pieces.push('{{');
    else if (match[1] === undefined) {
      mistakes.push(`line ${line}: expected }} behind {{, with no brace between; two braces of the text are \\{{`);
    } else {
      const parsed = parsePlace(match[1].trim().replaceAll(/\s+/g, ' '), line);
      if (parsed.ok) pieces.push(parsed.value);
      else mistakes.push(`line ${line}: ${parsed.error}`);
    }
  }
  pieces.push(text.slice(end));
  return mistakes.length > 0 ? err(mistakes) : ok(pieces);
}

function parsePlace(text: string, line: number): Result<Place, string> {
  const [what = '', format = '', ...others] = text.split(/ ?\| ?/);
  const operator = / ([-/]) /.exec(what)?.[1] as Place['operator'];
  const terms = what.split(/ [-/] /).map(parseReading);
  const [first, second, ...more] = terms;
  if (others.length > 0 || more.length > 0 || first === undefined || terms.includes(undefined)) {
    return err(`expected an input and what is read of it, as in {{ scores test.auc | percent }}, got {{ ${text} }}`);
  }
  const reads = second === undefined ? ([first] as const) : ([first, second] as const);
  return ok({
    text,
    line,
    reads,
    ...(operator && { operator }),
    format: format.split(' ').filter((word) => word !== ''),
  });
}

function parseReading(text: string): Reading | undefined {
  const match = reading.exec(text);
  if (match === null) return undefined;
  const [, input, brackets = '', path] = match;
  const pairs = brackets.split(',').filter((pair) => pair.trim() !== '');
  if (pairs.some((pair) => !/^[^=]+=/.test(pair))) return undefined;
  const selection = new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]),
  );
  return { input: input!, selection, ...(path !== undefined && { path }) };
}
