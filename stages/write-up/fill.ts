import { existsSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type InputArtifact, StageError } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { formatTable, formatValues, formatWords, selectColumns } from './format-values.ts';
import { type Artifact, type Figure, readValues, type Value } from './read-artifact.ts';
import type { WriteUpSettings } from './spec.ts';
import type { Reading, Slot, Template } from './template.ts';

/** An artifact of the stage, read. */
export interface Source {
  readonly input: string;
  readonly labels: InputArtifact['labels'];
  readonly artifact: Artifact;
}

/** `scores[seed=7]`. */
export function nameOf({ input, labels }: Pick<Source, 'input' | 'labels'>): string {
  const axes = Object.entries(labels).map((axis) => axis.join('='));
  return axes.length === 0 ? input : `${input}[${axes.join(',')}]`;
}

/** A slot as written, and what it became. */
export type Filled = { readonly line: number; readonly reads: string; readonly says: string };

interface Filling extends Pick<WriteUpSettings, 'name' | 'leaveOut'> {
  readonly sources: readonly Source[];
  /** Paths of the files to copy, by their paths relative to the Markdown file. */
  readonly figures: Map<string, string>;
  /** Sources that at least one slot reads. */
  readonly read: Set<Source>;
}

/**
 * Fills every slot with what it reads. Throws a {@link StageError} with a line for every mistake.
 */
export function fill(
  template: Template,
  sources: readonly Source[],
  options: Pick<Filling, 'name' | 'leaveOut'>,
) {
  const filling: Filling = { ...options, sources, figures: new Map(), read: new Set() };
  const mistakes: string[] = [];
  const slots: Filled[] = [];
  const texts = template.map((piece) => {
    if (typeof piece === 'string') return piece;
    try {
      const says = fillSlot(piece, filling);
      slots.push({ line: piece.line, reads: piece.text, says });
      return says;
    } catch (error) {
      if (!(error instanceof StageError)) throw error;
      mistakes.push(`line ${piece.line}: {{ ${piece.text} }}: ${error.message}`);
      return '';
    }
  });
  if (mistakes.length > 0)
    throw new StageError(['The template cannot be filled:', ...mistakes].join('\n'));
  return { markdown: texts.join(''), slots, figures: filling.figures, read: filling.read };
}

/** Throws a {@link StageError} of one sentence. */
function fillSlot(slot: Slot, filling: Filling): string {
  const { reads, operator, format } = slot;
  const strange = format.find((word) => !formatWords.includes(word) && !/^\d$/.test(word));
  if (strange !== undefined) {
    const known = formatWords.join(', ');
    throw new StageError(
      `expected ${known} or a number of decimals after the bar, got "${strange}"`,
    );
  }
  const [first, second] = reads;
  const chosen = choose(first, filling);
  // The artifact itself, or columns of a table in parentheses, rather than a value.
  if (first.path === undefined || /^\(.*\)$/.test(first.path)) {
    if (second !== undefined) throw new StageError('expected a name of a number on both sides');
    return fillWhole(chosen, slot, filling);
  }
  const valuesOf = ({ path }: Reading, of: readonly Chosen[]) =>
    of.flatMap(({ source, row }) => readValues(source.artifact, path!, row));
  const values = valuesOf(first, chosen);
  if (second === undefined) return formatValues(values, format);
  return formatValues(
    combine(operator!, values, valuesOf(second, choose(second, filling))),
    format,
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
  const names = path
    ?.slice(1, -1)
    .split(',')
    .map((name) => name.trim());
  return formatTable(names === undefined ? artifact : selectColumns(artifact, names), format);
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
