import { csvLine } from '../../../csv.ts';
import type { Column } from '../filter-query.ts';
import type { Cells } from './gallery-cells.ts';

const columnsOfList = ['path', 'label', 'split', 'group', 'source'] as const;

/** Images as a list that `load-dataset` takes as `list` or as `exclude`. */
export const imageList = (rows: readonly number[], cell: Cells): string =>
  csvLine(columnsOfList) + rows.map((row) => csvLine(fieldsOf(row, cell))).join('');

const prefix = 'slice.';

/**
 * All images of a table as a list with their slices and one more, `lasso`, which is `in` for the
 * rows of a lasso and `out` for the others.
 */
export function sliceList(
  columns: readonly Column[],
  cell: Cells,
  lassoed: ReadonlySet<number>,
): string {
  const slices = columns
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix) && name !== `${prefix}lasso`);
  const header = [...columnsOfList, ...slices.map((name) => name.slice(prefix.length)), 'lasso'];
  const lines = Array.from(columns[0]?.values ?? [], (_, row) =>
    csvLine([
      ...fieldsOf(row, cell),
      ...slices.map((name) => String(cell(name, row) ?? '')),
      lassoed.has(row) ? 'in' : 'out',
    ]),
  );
  return csvLine(header) + lines.join('');
}

/** Path, class, split, group and source of an image. */
const fieldsOf = (row: number, cell: Cells): readonly string[] =>
  [
    cell('path', row) ?? cell('key', row),
    ...['class', 'split', 'group', 'source'].map((name) => cell(name, row)),
  ].map((value) => String(value ?? ''));
