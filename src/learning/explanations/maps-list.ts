import { csvRecords } from '../../csv.ts';

/** The file beside raw maps that lists them. */
export const mapsListFile = 'maps.csv';

/** The columns that say where a map is and what it is of; those of scores and measures follow. */
export const mapColumns = [
  'file',
  'row',
  'model',
  'method',
  'layer',
  'split',
  'key',
  'path',
  'class',
  'source',
  'explained',
] as const;

/** A row of the list by its columns; a column that the file lacks is empty. */
export type ListedMap = Readonly<Record<(typeof mapColumns)[number], string>>;

/** The rows of a `maps.csv` whose map was kept, by its text; the others were only measured. */
export function readKeptMaps(text: string): readonly ListedMap[] {
  const [header, ...records] = csvRecords(text);
  const indexes = mapColumns.map((name) => [name, header?.fields.indexOf(name) ?? -1] as const);
  const rows = records.map(({ fields }) => {
    const cells = indexes.map(([name, index]) => [name, fields[index] ?? '']);
    return Object.fromEntries(cells) as ListedMap;
  });
  return rows.filter(({ file }) => file !== '');
}
