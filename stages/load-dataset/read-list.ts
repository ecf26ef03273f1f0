import { statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { csvRecords, findColumns } from '../../src/csv.ts';
import { StageError } from '../../src/stage.ts';
import { suggest, thereAre } from '../../src/suggest.ts';
import { reasonOf } from '../../src/user-error.ts';
import type { FoundImage } from './found-image.ts';
import type { ClassSources } from './spec.ts';

interface ListOptions {
  /** Absolute. */
  readonly file: string;
  /** The folder that its paths are relative to, absolute. */
  readonly root: string;
  readonly classes: ClassSources;
  /** Further columns that stay with each image. */
  readonly slices: readonly string[];
}

/** The labels that a list names, in alphabetical order; empty where its header is wrong, which {@link readList} says. */
export function labelsIn(text: string): readonly string[] {
  const records = csvRecords(text);
  const at =
    records
      .next()
      .value?.fields.map((name) => name.trim())
      .indexOf('label') ?? -1;
  return [...new Set(Array.from(records, ({ fields }) => fields[at]?.trim() ?? ''))].filter(Boolean).sort();
}

const columns = ['path', 'label', 'split', 'group', 'source'] as const;

/**
 * Reads the text of a CSV list with the columns `path,label[,split,group,source]`, in any order, and those that are kept as slices; others are
 * ignored.
 *
 * A label is the name of a class, of one of its sources, or its number. Throws a {@link StageError} with every wrong line.
 */
export function readList(text: string, { file, root, classes, slices }: ListOptions): readonly FoundImage[] {
  const records = csvRecords(text);
  const first = records.next().value;
  if (first?.problem !== undefined) throw new StageError(`Line ${first.line} of ${file}: ${first.problem}.`);
  const header = first?.fields.map((name) => name.trim()) ?? [];
  const found = findColumns(header, [...columns, ...slices]);
  if (!found.ok) throw new StageError(`Expected every column once in line 1 of ${file}, got "${found.error}" twice.`);
  const at = found.value;
  if (at[0] === -1 || at[1] === -1) {
    throw new StageError(`Expected the columns path and label in line 1 of ${file}, got "${header.join(',')}".`);
  }
  const absent = slices.find((_, i) => at[columns.length + i] === -1);
  if (absent !== undefined) {
    throw new StageError(`Expected the column ${absent} of "slices" in line 1 of ${file}. ${thereAre(absent, header)}`);
  }
  const images: FoundImage[] = [];
  const wrong: string[] = [];
  const lines = new Map<string, number>();
  for (const { fields, line, problem } of records) {
    const [path, label, split, group, source, ...facts] = at.map((index) => fields[index]?.trim() || undefined);
    const kept = slices.flatMap((name, i) => (facts[i] === undefined ? [] : [[name, facts[i]] as const]));
    const own = kept.length === 0 ? {} : { slices: Object.fromEntries(kept) };
    const image = problem ?? toImage({ path, label, split, group, source }, classes, own);
    const before = typeof image === 'string' ? undefined : lines.get(image.path);
    if (typeof image === 'string') wrong.push(`line ${line}: ${image}`);
    else if (before !== undefined) wrong.push(`line ${line}: ${image.path} is in line ${before} too`);
    else {
      const obstacle = obstacleTo(image.path, root);
      if (obstacle !== undefined) wrong.push(`line ${line}: ${obstacle}`);
      lines.set(image.path, line);
      images.push(image);
    }
  }
  if (wrong.length > 0) {
    const more = wrong.length > 20 ? `\n  and ${wrong.length - 20} more` : '';
    throw new StageError(
      `${wrong.length} wrong line${wrong.length === 1 ? '' : 's'} in ${file}:\n  ${wrong.slice(0, 20).join('\n  ')}${more}`,
    );
  }
  if (images.length === 0) throw new StageError(`Expected images in ${file}, got a header without lines below it.`);
  const splits = images.filter(({ split }) => split !== undefined).length;
  if (splits !== 0 && splits !== images.length) {
    throw new StageError(`Expected a split in every line of ${file} or in none, got ${splits} of ${images.length}.`);
  }
  return images.sort((a, b) => a.label - b.label || (a.path < b.path ? -1 : 1));
}

/** The reason why a path is no image of the input, in a clause. */
function obstacleTo(path: string, root: string): string | undefined {
  try {
    return statSync(join(root, path)).isFile() ? undefined : `${path} is not a file`;
  } catch (error) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return isGone ? `there is no file ${path} in ${root}` : `${path} cannot be read: ${reasonOf(error)}`;
  }
}

type Fields = Readonly<Record<(typeof columns)[number], string | undefined>>;

/** The image, or the mistake of its line. */
function toImage(
  { path, label, split, group, source }: Fields,
  classes: ClassSources,
  own: Pick<FoundImage, 'slices'>,
): FoundImage | string {
  if (path === undefined) return 'expected a path, got none';
  const normal = posix.normalize(path.replaceAll('\\', '/'));
  if (posix.isAbsolute(normal) || /^\.\.(\/|$)/.test(normal)) {
    return `expected a path below the input \`images\`, whose content is hashed, got "${path}"`;
  }
  if (split !== undefined && !/^[\w-]+$/.test(split)) return `expected a split of letters and digits, got "${split}"`;
  const found = findLabel(label, classes);
  if (found === undefined) {
    const known = classes.flatMap(({ name, sources }) => [name, ...sources]);
    return `expected a class as label, got "${label ?? ''}". ${suggest(label ?? '', new Set(known)) ?? ''}`.trimEnd();
  }
  return {
    path: normal,
    label: found.label,
    source: source ?? found.source,
    ...(split === undefined ? {} : { split }),
    ...(group === undefined ? {} : { group }),
    ...own,
  };
}

function findLabel(cell: string | undefined, classes: ClassSources): { label: number; source: string } | undefined {
  if (cell === undefined) return undefined;
  for (const [label, { name, sources }] of classes.entries()) {
    if (sources.includes(cell) || name === cell) return { label, source: cell };
  }
  const numbered = /^\d+$/.test(cell) ? classes[Number(cell)] : undefined;
  return numbered && { label: Number(cell), source: numbered.name };
}
