import { formatList } from '../../src/format-numbers.ts';
import { sampleVariance } from '../../src/learning/metrics/arithmetic/mean.ts';
import { holm } from '../../src/learning/metrics/comparison/holm.ts';
import { markLegend, markOf, welch } from '../../src/learning/metrics/comparison/welch.ts';
import { StageError } from '../../src/stage.ts';
import { suggest } from '../../src/suggest.ts';
import type { Cell, Table } from './collect.ts';

/** The marks of significance: by column, then by row. */
export type Marks = readonly (readonly string[])[];

/**
 * Marks the numbers that differ from those of the baseline's row: Welch's test over the averaged
 * axes, such as seeds, with Holm's adjustment over the rows of a column. A row with a single number
 * has no spread, so no mark.
 */
export function marksOf({ rows, values }: Table, baseline: string | undefined): Marks {
  if (baseline === undefined) return [];
  const matches = rows.filter(({ labels }) => Object.values(labels).includes(baseline));
  if (matches.length !== 1) {
    const known = new Set(rows.flatMap(({ labels }) => Object.values(labels)));
    const hint =
      matches.length === 0 ? suggest(baseline, known) : 'Name a value that one row alone has.';
    throw new StageError(
      `Expected "baseline" to name one row, got ${matches.length} with "${baseline}". ${hint ?? ''}`.trim(),
    );
  }
  const reference = matches[0]!;
  return values.map((_, column) => {
    const base = reference.cells[column];
    const ps = rows.map((row) => (row === reference ? Number.NaN : pOf(row.cells[column], base)));
    return holm(ps).map(markOf);
  });
}

/** What the marks mean, or that there are none, for a note below the table. */
export function noteOf({ over }: Table, marks: Marks, baseline: string): string {
  const found = marks.flat().some((mark) => mark !== '') ? markLegend : 'no difference is shown';
  return `Against ${baseline}: ${found} (Welch's test over ${formatList(over)}, Holm's adjustment)`;
}

function pOf(cell: Cell | undefined, base: Cell | undefined): number {
  if (cell === undefined || base === undefined) return Number.NaN;
  const parts = [cell, base].map(({ points }) => {
    const numbers = points.map(({ value }) => value);
    return [sampleVariance(numbers) / numbers.length, numbers.length - 1] as const;
  });
  return parts.some(([, freedom]) => freedom < 1)
    ? Number.NaN
    : welch(cell.mean - base.mean, parts).p;
}
