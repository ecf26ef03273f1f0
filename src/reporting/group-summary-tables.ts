import { withMinus } from '../format-numbers.ts';
import { groupBy } from '../group-by.ts';
import type { Highlight, TableRole } from '../stage.ts';
import { baseName, nameWithoutSeed } from './stage-base-name.ts';

/**
 * A summary table, which a stage sends as a `highlight`; of several stages, as a matrix gives, with
 * the stage as its first column.
 */
export interface SummaryTable {
  readonly title: string;
  readonly role?: TableRole;
  readonly stages: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What follows from it, as sentences: one of each stage that concludes. */
  readonly conclusions: readonly string[];
}

/** Whether a table shows what was chosen among candidates. */
export const isChoice = ({ role }: { readonly role?: TableRole }): boolean => role === 'choice';

/** Whether a table shows what went into a run, such as the images of a data set. */
export const isData = ({ role }: { readonly role?: TableRole }): boolean => role === 'data';

/**
 * Joins the tables of stages that have the same title and columns, the seeds of each member of a
 * matrix behind one another; those of two choices stay apart, since they have other candidates.
 */
export function groupSummaryTables(
  stages: readonly { readonly name: string; readonly summaryTables: readonly Highlight[] }[],
): readonly SummaryTable[] {
  const ordered = [...groupBy(stages, ({ name }) => nameWithoutSeed(name)).values()].flat();
  const all = ordered.flatMap(({ name, summaryTables }) =>
    summaryTables.map((table) => ({ name, table })),
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
    const conclusions = group.flatMap(({ name, table: { conclusion } }) => {
      if (conclusion === undefined) return [];
      return names.length > 1 ? `${name}: ${conclusion}` : conclusion;
    });
    return {
      title,
      conclusions,
      ...(role !== undefined && { role }),
      stages: names,
      columns: names.length > 1 ? ['stage', ...columns] : columns,
      rows: rows.map((row) => row.map((cell) => withMinus(String(cell)))),
    };
  });
}
