import type { Cell } from '../filter-query.ts';
import type { ImageTable } from '../gallery-table.ts';

/** The value of a column in a row; null where it has none. */
export type Cells = (name: string, row: number) => Cell;

/** The table of a gallery, and the lookup of its cells. */
export interface TableProps {
  readonly table: ImageTable;
  readonly cell: Cells;
}
