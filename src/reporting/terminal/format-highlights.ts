import type { StageName } from '../../engine/config/pipeline.ts';
import { withMinus } from '../../format-numbers.ts';
import type { Highlight } from '../../stage.ts';
import type { Paint } from './colour.ts';
import { formatTable } from './format-table.ts';

/** Rows shown of one table: the rest of a large matrix is in its artifacts. */
const mostRows = 40;

/**
 * The tables of all stages as text. Tables of one title and the same columns, as the instances of a matrix give, become
 * one, with the stage as its first column.
 */
export function formatHighlights(
  stages: readonly { readonly stage: StageName; readonly highlights: readonly Highlight[] }[],
  paint: Paint,
): readonly string[] {
  const groups = new Map<string, { stage: StageName; table: Highlight }[]>();
  for (const { stage, highlights } of stages) {
    for (const table of highlights) {
      const key = JSON.stringify([table.title, table.columns]);
      groups.set(key, [...(groups.get(key) ?? []), { stage, table }]);
    }
  }
  return [...groups.values()].flatMap((group) => ['', ...formatGroup(group, paint)]);
}

function formatGroup(group: readonly { stage: StageName; table: Highlight }[], paint: Paint): readonly string[] {
  const [{ stage, table }] = group as [(typeof group)[0]];
  const isOne = group.every((item) => item.stage === stage);
  const columns = isOne ? table.columns : ['stage', ...table.columns];
  const rows = group
    .flatMap((item) => item.table.rows.map((row) => (isOne ? row : [item.stage, ...row])))
    .map((row) => row.map((cell) => withMinus(String(cell))));
  const [header = '', ...lines] = formatTable(columns, rows.slice(0, mostRows));
  const left = rows.length - mostRows;
  return [
    paint('bold', table.title) + (isOne ? paint('dim', ` (${stage})`) : ''),
    `  ${paint('dim', header)}`,
    ...lines.map((line) => `  ${line}`),
    ...(left > 0 ? [paint('dim', `  … and ${left} more`)] : []),
  ];
}
