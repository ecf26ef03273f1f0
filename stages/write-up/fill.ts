import { basename, extname } from 'node:path';
import { err, ok, type Result } from '../../src/result.ts';
import type { InputArtifact } from '../../src/stage.ts';
import { thereAre } from '../../src/suggest.ts';
import { formatSaid, formatWords } from './format-said.ts';
import { lookUp, type Said } from './look-up.ts';
import { columnsOf, markdownTable } from './markdown-table.ts';
import type { Figure, Readable } from './read-artifact.ts';
import type { Place, Reading, Template } from './template.ts';

/** An artifact of the stage, read. */
export interface Source {
  readonly input: string;
  readonly labels: InputArtifact['labels'];
  readonly artifact: Readable;
}

/** What one place became. */
export interface Filled {
  readonly line: number;
  /** The place as it is written. */
  readonly reads: string;
  readonly says: string;
}

export interface Document {
  readonly markdown: string;
  readonly places: readonly Filled[];
  /** Files to copy, by where they lie from the Markdown file on. */
  readonly figures: ReadonlyMap<string, string>;
  /** Those that are read anywhere. */
  readonly read: ReadonlySet<Source>;
}

export interface FillOptions {
  /** The folder of figures. */
  readonly name: string;
  readonly leaveOut: readonly string[];
}

/** Puts into every place what it reads. All mistakes at once, one sentence each. */
export function fill(
  template: Template,
  sources: readonly Source[],
  options: FillOptions,
): Result<Document, readonly string[]> {
  const figures = new Map<string, string>();
  const read = new Set<Source>();
  const mistakes: string[] = [];
  const places: Filled[] = [];
  const texts = template.map((piece) => {
    if (typeof piece === 'string') return piece;
    const says = fillPlace(piece, sources, { ...options, figures, read });
    if (!says.ok) mistakes.push(`line ${piece.line}: {{ ${piece.text} }}: ${says.error}`);
    else places.push({ line: piece.line, reads: piece.text, says: says.value });
    return says.ok ? says.value : '';
  });
  return mistakes.length > 0 ? err(mistakes) : ok({ markdown: texts.join(''), places, figures, read });
}

interface Filling extends FillOptions {
  readonly figures: Map<string, string>;
  readonly read: Set<Source>;
}

function fillPlace(place: Place, sources: readonly Source[], filling: Filling): Result<string, string> {
  const strange = place.format.find((word) => !formatWords.includes(word) && !/^\d$/.test(word));
  if (strange !== undefined)
    return err(`expected ${formatWords.join(', ')} or a number of decimals after the bar, got "${strange}"`);
  const [first, second] = place.reads;
  const found = choose(first, sources, filling.read);
  if (!found.ok) return found;
  if (isWhole(first))
    return second ? err('expected a name of a number on both sides') : whole(found.value, place, filling);
  const said = readAll(found.value, first);
  if (!said.ok || second === undefined) return said.ok ? formatSaid(said.value, place.format) : said;
  const others = choose(second, sources, filling.read);
  const subtrahend = others.ok ? readAll(others.value, second) : others;
  if (!subtrahend.ok) return subtrahend;
  const joined = join(place.operator!, said.value, subtrahend.value);
  return joined.ok ? formatSaid(joined.value, place.format) : joined;
}

/** The artifacts that a reading means, each with the rest of the selection, which chooses a row. */
interface Chosen {
  readonly source: Source;
  readonly row: ReadonlyMap<string, string>;
}

function choose(
  { input, selection }: Reading,
  sources: readonly Source[],
  read: Set<Source>,
): Result<readonly Chosen[], string> {
  const all = sources.filter((source) => source.input === input);
  if (all.length === 0) {
    const known = [...new Set(sources.map((source) => source.input))];
    return err(`the stage has no input "${input}". ${thereAre(input, known)}`);
  }
  const axes = new Set(all.flatMap(({ labels }) => Object.keys(labels)));
  const [fixed, row] = [true, false].map(
    (isAxis) => new Map([...selection].filter(([axis]) => axes.has(axis) === isAxis)),
  );
  const fitting = all.filter(({ labels }) => [...fixed!].every(([axis, value]) => labels[axis] === value));
  if (fitting.length === 0) {
    const known = all.map(({ labels }) =>
      Object.entries(labels)
        .map((pair) => pair.join('='))
        .join(','),
    );
    return err(`nothing fits; there are ${known.map((one) => `${input}[${one}]`).join(', ')}`);
  }
  for (const source of fitting) read.add(source);
  return ok(fitting.map((source) => ({ source, row: row! })));
}

function readAll(chosen: readonly Chosen[], { path }: Reading): Result<readonly Said[], string> {
  const said: Said[] = [];
  for (const { source, row } of chosen) {
    const one = lookUp(source.artifact, path!, row);
    if (!one.ok) return one;
    said.push(...one.value);
  }
  return ok(said);
}

/** One with one, or each run with its counterpart; what is known of the two intervals says nothing of the difference's. */
function join(
  operator: NonNullable<Place['operator']>,
  ones: readonly Said[],
  others: readonly Said[],
): Result<readonly Said[], string> {
  if (ones.length !== others.length)
    return err(`expected as many on both sides, got ${ones.length} and ${others.length}`);
  if ([...ones, ...others].some(({ value }) => typeof value !== 'number')) return err('expected numbers on both sides');
  const number = ({ value }: Said) => value as number;
  return ok(
    ones.map((one, i) => ({
      value: operator === '-' ? number(one) - number(others[i]!) : number(one) / number(others[i]!),
    })),
  );
}

/** No value of it, but the artifact itself, or columns of a table in parentheses. */
const isWhole = ({ path }: Reading): boolean => path === undefined || /^\(.*\)$/.test(path);

/** A figure, a table or a text, as Markdown. */
function whole(chosen: readonly Chosen[], { reads, format }: Place, filling: Filling): Result<string, string> {
  const columns = reads[0].path
    ?.slice(1, -1)
    .split(',')
    .map((name) => name.trim());
  if (chosen.every(({ source }) => source.artifact.as === 'figures')) {
    const figures = chosen.flatMap(({ source }) =>
      (source.artifact as Readable & { as: 'figures' }).figures.map((figure) => ({ source, figure })),
    );
    if (format.includes('title')) return ok(figures.map(({ figure }) => figure.title).join('; '));
    return ok(figures.map(({ source, figure }) => showFigure(source, figure, filling)).join('\n\n'));
  }
  if (chosen.length > 1) return err(`expected one artifact, got ${chosen.length}: choose one, as in input[axis=value]`);
  const { artifact } = chosen[0]!.source;
  switch (artifact.as) {
    case 'table': {
      const table = columns === undefined ? ok(artifact) : columnsOf(artifact, columns);
      return table.ok ? ok(markdownTable(table.value, format)) : table;
    }
    case 'text':
      return ok(artifact.text);
    default:
      return err('expected what is to be read of it after the name');
  }
}

function showFigure({ input, labels }: Source, { path, title }: Figure, { name, leaveOut, figures }: Filling): string {
  const alt = title.replaceAll(/[[\]]/g, '');
  if (leaveOut.includes(input)) return `*${alt}* (picture left out)`;
  const own = basename(path) === 'chart.png' ? [] : [basename(path, extname(path))];
  const file = [input, ...Object.values(labels), ...own].join('-').replaceAll(/[^\w.-]+/g, '_') + extname(path);
  figures.set(`${name}/${file}`, path);
  return `![${alt}](${name}/${file})`;
}
