import { withMinus } from '../format-numbers.ts';
import { groupBy } from '../group-by.ts';
import type { Highlight, TableRole } from '../stage.ts';
import { baseName } from './base-name.ts';

/**
 * A table that stages want shown; of several stages, as a matrix gives, with the stage as its first
 * column.
 */
export interface HighlightTable {
  readonly title: string;
  readonly role?: TableRole;
  readonly stages: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Whether a table shows what was chosen among candidates. */
export const isChoice = ({ role }: { readonly role?: TableRole }): boolean => role === 'choice';

/** Whether a table shows what went into a run, such as the images of a data set. */
export const isData = ({ role }: { readonly role?: TableRole }): boolean => role === 'data';

/**
 * Joins the tables of stages that have the same title and columns; those of two choices stay apart,
 * since they have other candidates.
 */
export function groupHighlights(
  stages: readonly { readonly name: string; readonly highlights: readonly Highlight[] }[],
): readonly HighlightTable[] {
  const all = stages.flatMap(({ name, highlights }) =>
    highlights.map((table) => ({ name, table })),
  );
  const groups = groupBy(all, ({ name, table }) =>
    JSON.stringify([
      table.title,
      table.role ?? '',
      table.columns,
      isChoice(table) ? baseName(name) : '',
    ]),
  );
  return Array.from(groups.values(), (group) => {
    const { title, role, columns } = group[0]!.table;
    const names = [...new Set(group.map(({ name }) => name))];
    const rows = group.flatMap(({ name, table }) =>
      table.rows.map((row) => (names.length > 1 ? [name, ...row] : row)),
    );
    return {
      title,
      ...(role !== undefined && { role }),
      stages: names,
      columns: names.length > 1 ? ['stage', ...columns] : columns,
      rows: rows.map((row) => row.map((cell) => withMinus(String(cell)))),
    };
  });
}
