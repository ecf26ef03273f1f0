import type { ImageTable } from '../image-table.ts';
import type { Cell } from '../query.ts';

/** The value of a column in a row; null where it has none. */
export type Cells = (name: string, row: number) => Cell;

export interface TableProps {
  readonly table: ImageTable;
  readonly cell: Cells;
}
