import { statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { csvRecords, findColumns } from '../../../csv.ts';
import { compare } from '../../../sort-order.ts';
import { StageError } from '../../../stage.ts';
import { suggest, thereAre } from '../../../suggest.ts';
import { reasonOf } from '../../../user-error.ts';
import type { ClassSources, FoundImage, StoredFrame } from './found-image.ts';

/** What a line of a list or a record of a shard says of an image. */
export interface ListedImage {
  /** Its origin for messages, such as `line 3`. */
  readonly where: string;
  /** The mistake of a line that cannot be read. */
  readonly problem?: string | undefined;
  readonly fields: Readonly<Partial<Record<(typeof listColumns)[number], string | undefined>>>;
  /** Further columns that stay with the image. */
  readonly slices: Readonly<Record<string, string>>;
  /** For an image of a data set: where it lies, and its place in a video. */
  readonly frame?: StoredFrame;
}

/** What a list names, as in `Expected images`, and the input whose files its paths are. */
interface ListName {
  readonly unit: string;
  readonly file: string;
  readonly root: string;
  readonly port: 'images' | 'videos';
}

const listColumns = ['path', 'label', 'split', 'group', 'source'] as const;

/**
 * Reads the text of a CSV list with the columns `path,label[,split,group,source]`, in any order,
 * and those that are kept as slices; others are ignored. Throws a {@link StageError} for a wrong
 * header; {@link imagesOf} reports mistakes of lines. `file` is for messages.
 */
export function readList(
  text: string,
  file: string,
  slices: readonly string[],
): readonly ListedImage[] {
  const { records, header, at } = openList(text, file, [...listColumns, ...slices]);
  if (at[0] === -1 || at[1] === -1) {
    throw new StageError(
      `Expected the columns path and label in line 1 of ${file}, got "${header.join(',')}".`,
    );
  }
  const absent = slices.find((_, i) => at[listColumns.length + i] === -1);
  if (absent !== undefined) {
    throw new StageError(
      `Expected the column ${absent} of "slices" in line 1 of ${file}. ${thereAre(absent, header)}`,
    );
  }
  return Array.from(records, ({ fields, line, problem }) => {
    const [path, label, split, group, source, ...facts] = at.map(
      (index) => fields[index]?.trim() || undefined,
    );
    const kept = slices.flatMap((name, i) =>
      facts[i] === undefined ? [] : [[name, facts[i]] as const],
    );
    return {
      where: `line ${line}`,
      problem,
      fields: { path, label, split, group, source },
      slices: Object.fromEntries(kept),
    };
  });
}

/**
 * The column `path` of a CSV list, without empty cells. Throws a {@link StageError} where there is
 * none. `file` is for messages.
 */
export function readPaths(text: string, file: string): ReadonlySet<string> {
  const { records, header, at } = openList(text, file, ['path']);
  const [column] = at;
  if (column === undefined || column === -1) {
    throw new StageError(
      `Expected the column path in line 1 of ${file}, got "${header.join(',')}".`,
    );
  }
  return new Set(Array.from(records, ({ fields }) => fields[column]?.trim() ?? '').filter(Boolean));
}

/** The lines below the header, and the index of each column in them, -1 if there is none. */
function openList(text: string, file: string, columns: readonly string[]) {
  const records = csvRecords(text);
  const first = records.next().value;
  if (first?.problem !== undefined)
    throw new StageError(`Line ${first.line} of ${file}: ${first.problem}.`);
  const header = first?.fields.map((name) => name.trim()) ?? [];
  const positions = findColumns(header, columns);
  if (!positions.ok)
    throw new StageError(
      `Expected every column once in line 1 of ${file}, got "${positions.error}" twice.`,
    );
  return { records, header, at: positions.value };
}

/**
 * The images that are listed, by class and path. A label is the name of a class, of one of its
 * sources, or its number. `unit` and `file` name the list in messages; `root` is the folder that
 * its paths are relative to. Throws a {@link StageError} with every wrong line.
 */
export function imagesOf(
  listed: readonly ListedImage[],
  classes: ClassSources,
  { unit, file, root, port }: ListName,
): readonly FoundImage[] {
  const images: FoundImage[] = [];
  const wrong: string[] = [];
  const origins = new Map<string, string>();
  for (const entry of listed) {
    const image = entry.problem ?? toImage(entry, classes, port);
    const before = typeof image === 'string' ? undefined : origins.get(image.path);
    if (typeof image === 'string') wrong.push(`${entry.where}: ${image}`);
    else if (before !== undefined) wrong.push(`${entry.where}: ${image.path} is in ${before} too`);
    else {
      const obstacle = image.frame === undefined ? obstacleTo(image.path, root) : undefined;
      if (obstacle !== undefined) wrong.push(`${entry.where}: ${obstacle}`);
      origins.set(image.path, entry.where);
      images.push(image);
    }
  }
  if (wrong.length > 0) {
    const more = wrong.length > 20 ? `\n  and ${wrong.length - 20} more` : '';
    throw new StageError(
      `${wrong.length} wrong ${unit}${wrong.length === 1 ? '' : 's'} in ${file}:\n  ${wrong.slice(0, 20).join('\n  ')}${more}`,
    );
  }
  if (images.length === 0)
    throw new StageError(`Expected ${port} in ${file}, got a header without ${unit}s below it.`);
  const splits = images.filter(({ split }) => split !== undefined).length;
  if (splits !== 0 && splits !== images.length) {
    throw new StageError(
      `Expected a split in every ${unit} of ${file} or in none, got ${splits} of ${images.length}.`,
    );
  }
  return images.sort((a, b) => a.label - b.label || compare(a.path, b.path));
}

/** The reason why a path is no image of the input, in a clause. */
function obstacleTo(path: string, root: string): string | undefined {
  try {
    return statSync(join(root, path)).isFile() ? undefined : `${path} is not a file`;
  } catch (error) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return isGone
      ? `there is no file ${path} in ${root}`
      : `${path} cannot be read: ${reasonOf(error)}`;
  }
}

/** The image, or the mistake of its line. */
function toImage(
  { fields, slices, frame }: ListedImage,
  classes: ClassSources,
  port: ListName['port'],
): FoundImage | string {
  const { path, label, split, group, source } = fields;
  if (path === undefined) return 'expected a path, got none';
  const normal = posix.normalize(path.replaceAll('\\', '/'));
  if (posix.isAbsolute(normal) || /^\.\.(\/|$)/.test(normal)) {
    return `expected a path below the input \`${port}\`, whose content is hashed, got "${path}"`;
  }
  if (split !== undefined && !/^[\w-]+$/.test(split))
    return `expected a split of letters and digits, got "${split}"`;
  const classLabel = findLabel(label, classes);
  if (classLabel === undefined) {
    const known = classes.flatMap(({ name, sources }) => [name, ...sources]);
    return `expected a class as label, got "${label ?? ''}". ${suggest(label ?? '', new Set(known)) ?? ''}`.trimEnd();
  }
  return {
    path: normal,
    label: classLabel.label,
    source: source ?? classLabel.source,
    ...(split !== undefined && { split }),
    ...(group !== undefined && { group }),
    ...(Object.keys(slices).length > 0 && { slices }),
    ...(frame !== undefined && { frame }),
  };
}

function findLabel(
  cell: string | undefined,
  classes: ClassSources,
): { label: number; source: string } | undefined {
  if (cell === undefined) return undefined;
  for (const [label, { name, sources }] of classes.entries()) {
    if (sources.includes(cell) || name === cell) return { label, source: cell };
  }
  const numbered = /^\d+$/.test(cell) ? classes[Number(cell)] : undefined;
  return numbered && { label: Number(cell), source: numbered.name };
}
