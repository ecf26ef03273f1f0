import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { unreachable } from '../../src/result.ts';
import { type InputArtifact, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import type { Condition } from './condition.ts';
import { decide } from './decide.ts';
import { checkFormat, formatTable, formatValues, type ShownColumn } from './format-values.ts';
import {
  type Artifact,
  type Figure,
  readValues,
  undefinedValue,
  type Value,
} from './read-artifact.ts';
import type { Reading, Reads } from './reading.ts';
import type { WriteUpSettings } from './spec.ts';
import {
  type Choice,
  type Expectation,
  type Piece,
  type Placeholder,
  positionOf,
  type Slot,
  type Template,
  wordsOf,
} from './template.ts';

/** How a text names an artifact. */
interface SourceName {
  readonly input: string;
  readonly labels: InputArtifact['labels'];
}

/** An artifact of the stage, read. */
export interface Source extends SourceName {
  readonly artifact: Artifact;
}

/** `scores[seed=7]`. */
export function nameOf({ input, labels }: SourceName): string {
  const axes = Object.entries(labels).map((axis) => axis.join('='));
  return axes.length === 0 ? input : `${input}[${axes.join(',')}]`;
}

/**
 * A placeholder as written, and what it became: the text of a slot, or the verdict on a condition.
 */
export type Filled = { readonly line: number; readonly reads: string } & (
  | { readonly says: string }
  | { readonly holds: boolean; readonly because: string }
);

interface FillOptions {
  /** The name of the Markdown file, and of the folder of its figures. */
  readonly name: WriteUpSettings['name'];
  readonly leaveOut: WriteUpSettings['leaveOut'];
  /** The name of the template in positions. */
  readonly file: string;
}

/** What filling a text leaves besides the text. */
interface Traces {
  /** Paths of the files to copy, by their paths relative to the Markdown file. */
  readonly figures: Map<string, string>;
  /** Sources that at least one placeholder reads. */
  readonly read: Set<Source>;
  readonly placeholders: Filled[];
}

interface Filling extends FillOptions, Traces {
  readonly sources: readonly Source[];
  /** Where and why a placeholder cannot be filled, or an expectation does not hold. */
  readonly mistakes: string[];
  /** Whether the text stands in the document: expectations of others need not hold. */
  readonly isChosen: boolean;
}

/**
 * Fills every slot with what it reads, and chooses among the texts of conditions. Throws a
 * {@link StageError} with the position of every mistake, also in texts that are not chosen, and of
 * every expectation that does not hold.
 */
export function fill(template: Template, sources: readonly Source[], options: FillOptions) {
  const filling: Filling = {
    ...options,
    sources,
    ...nothingYet(),
    mistakes: [],
    isChosen: true,
  };
  const markdown = fillPieces(template, filling);
  const { placeholders, figures, read, mistakes } = filling;
  if (mistakes.length > 0)
    throw new StageError(['The template cannot be filled:', ...mistakes].join('\n'));
  return { markdown, placeholders, figures, read };
}

const nothingYet = (): Traces => ({
  figures: new Map(),
  read: new Set(),
  placeholders: [],
});

function fillPieces(pieces: Template, filling: Filling): string {
  return pieces.map((piece) => fillPiece(piece, filling)).join('');
}

function fillPiece(piece: Piece, filling: Filling): string {
  if (typeof piece === 'string') return piece;
  switch (piece.is) {
    case 'slot': {
      const says = attempt(piece, filling, () => fillSlot(piece, filling)) ?? '';
      filling.placeholders.push({ line: piece.line, reads: piece.text, says });
      return says;
    }
    case 'expectation':
      expectToHold(piece, filling);
      return '';
    case 'choice':
      return fillChoice(piece, filling);
    default:
      return unreachable(piece);
  }
}

/** The result, or undefined with the mistake noted. */
function attempt<T>(placeholder: Placeholder, filling: Filling, compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    note(placeholder, filling, error.message);
    return undefined;
  }
}

function note(placeholder: Placeholder, { mistakes, file }: Filling, message: string): void {
  mistakes.push(`${positionOf(file, placeholder)}: {{ ${placeholder.text} }}: ${message}`);
}

function expectToHold(expectation: Expectation, filling: Filling): void {
  const verdict = judge(expectation, expectation.condition, filling);
  if (verdict?.holds === false && filling.isChosen)
    note(expectation, filling, `this is not true: ${verdict.because}`);
}

/** The verdict on a condition, recorded; undefined if it cannot be decided for a mistake in it. */
function judge(placeholder: Placeholder, condition: Condition, filling: Filling) {
  const facts = {
    read: (reads: Reads) => valuesOf(reads, filling),
    isGiven: ({ reads: [reading] }: Reads) => isGiven(reading, filling),
  };
  const verdict = attempt(placeholder, filling, () => decide(condition, facts));
  if (verdict === undefined) return undefined;
  const judged = { holds: verdict.holds === true, because: verdict.because };
  filling.placeholders.push({ line: placeholder.line, reads: placeholder.text, ...judged });
  return judged;
}

/** Whether there is an artifact that a reading selects and, if it names a value, that value. */
function isGiven(reading: Reading, filling: Filling): boolean {
  try {
    const values =
      reading.path === undefined ? choose(reading, filling) : valuesAt(reading, filling);
    return values.length > 0;
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    return false;
  }
}

/**
 * The first text that holds. The others are filled too, only to find their mistakes, but not those
 * of which something is not given.
 */
function fillChoice({ branches }: Choice, filling: Filling): string {
  let chosen: string | undefined;
  for (const branch of branches) {
    const { condition, pieces } = branch;
    const isFree = chosen === undefined;
    const holds =
      condition === undefined ||
      judge(branch, condition, isFree ? filling : aside(filling))?.holds === true;
    if (isFree && holds) chosen = fillPieces(pieces, filling);
    else if (holds || condition?.is !== 'presences') fillPieces(pieces, aside(filling));
  }
  return chosen ?? '';
}

/**
 * A template, filled again with what its placeholders became: a text that differs from this was
 * changed by hand.
 */
export function refill(template: Template, placeholders: readonly Filled[]): string {
  const rest = placeholders.values();
  const next = (): Filled | undefined => rest.next().value;
  const refillPieces = (pieces: Template): string => pieces.map(refillPiece).join('');
  const refillPiece = (piece: Piece): string => {
    if (typeof piece === 'string') return piece;
    if (piece.is === 'choice') return refillPieces(chosenOf(piece, next));
    const filled = next();
    return filled !== undefined && 'says' in filled ? filled.says : '';
  };
  return refillPieces(template);
}

function chosenOf({ branches }: Choice, next: () => Filled | undefined): Template {
  for (const { condition, pieces } of branches) {
    if (condition === undefined) return pieces;
    const filled = next();
    if (filled !== undefined && 'holds' in filled && filled.holds) return pieces;
  }
  return [];
}

/** The same, of which only mistakes are kept. */
const aside = (filling: Filling): Filling => ({ ...filling, ...nothingYet(), isChosen: false });

/** Throws a {@link StageError} of one sentence. */
function fillSlot(slot: Slot, filling: Filling): string {
  const { reads, format } = slot;
  checkFormat(format);
  const [{ path }, second] = reads;
  // The artifact itself, or columns of a table in parentheses, rather than a value.
  if (path === undefined || /^\(.*\)$/.test(path)) {
    if (second !== undefined) throw new StageError('expected a name of a number on both sides');
    return fillWhole(choose(reads[0], filling), slot, filling);
  }
  return formatValues(valuesOf(slot, filling), format);
}

/** What one or two readings say. Throws a {@link StageError} of one sentence. */
function valuesOf({ reads, operator }: Reads, filling: Filling): readonly Value[] {
  const [first, second] = reads;
  const values = valuesAt(first, filling);
  return second === undefined ? values : combine(operator!, values, valuesAt(second, filling));
}

function valuesAt(reading: Reading, filling: Filling): readonly Value[] {
  const { path } = reading;
  if (path === undefined) throw new StageError('expected a name of a number on both sides');
  return choose(reading, filling).flatMap(({ source, row }) =>
    readValues(source.artifact, path, row),
  );
}

/**
 * A source that a reading selects, and the rest of the selection, which selects rows of a table.
 */
interface Chosen {
  readonly source: Source;
  readonly row: ReadonlyMap<string, string>;
}

function choose({ input, selection }: Reading, { sources, read }: Filling): readonly Chosen[] {
  const all = sources.filter((source) => source.input === input);
  if (all.length === 0) {
    const known = sources.map((source) => source.input);
    throw new StageError(`the stage has no input "${input}". ${thereAre(input, known)}`);
  }
  const isAxis = (name: string) => all.some(({ labels }) => Object.hasOwn(labels, name));
  const fitting = all.filter(({ labels }) =>
    [...selection].every(([name, value]) => !isAxis(name) || labels[name] === value),
  );
  if (fitting.length === 0)
    throw new StageError(`no artifact fits; there are ${all.map(nameOf).join(', ')}`);
  for (const source of fitting) read.add(source);
  const row = new Map([...selection].filter(([name]) => !isAxis(name)));
  return fitting.map((source) => ({ source, row }));
}

/**
 * One with one, or each run with its counterpart. The two intervals do not give that of the
 * difference, so it has none.
 */
function combine(
  operator: '-' | '/',
  leftValues: readonly Value[],
  rightValues: readonly Value[],
): readonly Value[] {
  if (leftValues.length !== rightValues.length)
    throw new StageError(
      `expected as many on both sides, got ${leftValues.length} and ${rightValues.length}`,
    );
  return leftValues.map(({ value: left }, i) => {
    const right = rightValues[i]!.value;
    if (left === undefinedValue || right === undefinedValue) return { value: undefinedValue };
    if (typeof left !== 'number' || typeof right !== 'number')
      throw new StageError('expected numbers on both sides');
    return { value: operator === '-' ? left - right : left / right };
  });
}

function fillWhole(
  chosen: readonly Chosen[],
  { reads: [{ path }], format }: Slot,
  filling: Filling,
): string {
  const figures = chosen.flatMap(({ source }) =>
    source.artifact.as === 'figures'
      ? source.artifact.figures.map((figure) => ({ source, figure }))
      : [],
  );
  if (chosen.every(({ source }) => source.artifact.as === 'figures')) {
    if (format.includes('title')) return figures.map(({ figure }) => figure.title).join('; ');
    return figures.map(({ source, figure }) => fillFigure(source, figure, filling)).join('\n\n');
  }
  if (chosen.length > 1)
    throw new StageError(
      `expected one artifact, got ${chosen.length}: choose one, as in input[axis=value]`,
    );
  const { input, artifact } = chosen[0]!.source;
  if (artifact.as === 'text') return fillText(input, artifact, filling);
  if (artifact.as !== 'table') throw new StageError('expected the path of a value after the input');
  return formatTable(artifact, format, path?.slice(1, -1).split(',').map(parseColumn));
}

/**
 * `share | percent 2 as share of all`: a column of a table, with the words and the title of its own
 * that it may have.
 */
function parseColumn(text: string): ShownColumn {
  const [, name = '', words = '', title = name] =
    /^(.*?)(?: ?\| ?(.*?))?(?: as (.*))?$/.exec(text.trim()) ?? [];
  return { name, title, format: wordsOf(words) };
}

/** A text, whose figures are copied with it. */
function fillText(
  input: string,
  { text, folder }: Artifact & { as: 'text' },
  { name, figures }: Filling,
): string {
  if (folder === undefined) return text;
  return text.replaceAll(/(?<=!\[[^\]]*\]\()[^)\s]+(?=\))/g, (target) => {
    if (!existsSync(join(folder, target))) return target;
    const file = `${name}/${input}-${basename(target)}`;
    figures.set(file, join(folder, target));
    return file;
  });
}

function fillFigure(
  { input, labels }: Source,
  { path, title }: Figure,
  { name, leaveOut, figures }: Filling,
): string {
  const alt = title.replaceAll(/[[\]]/g, '');
  if (leaveOut.includes(input)) return `*${alt}* (picture left out)`;
  const chartName = basename(path) === 'chart.png' ? [] : [basename(path, extname(path))];
  const file =
    [input, ...Object.values(labels), ...chartName].join('-').replaceAll(/[^\w.-]+/g, '_') +
    extname(path);
  figures.set(`${name}/${file}`, path);
  return `![${alt}](${name}/${file})`;
}
