import { latexNote, latexTable } from '../../latex-table.ts';
import { markdownTable } from '../../markdown-table.ts';
import type { ComparisonTable } from '../compare/comparison-tables.ts';
import { formatTable } from './text-layout.ts';

/** The tables as text; a folded one is a line that says how to see it, unless `all`. */
export function formatComparison(tables: readonly ComparisonTable[], all = false): string {
  const visible = tables.filter(({ folded }) => folded === undefined || all);
  const texts = visible.map(({ title, columns, rows, note }) =>
    [
      title,
      ...[...(rows.length === 0 ? [] : formatTable(columns, rows)), note?.split('\n') ?? []]
        .flat()
        .map((line) => `  ${line}`),
      '',
    ].join('\n'),
  );
  const foldedTables = tables
    .flatMap((table) => (visible.includes(table) ? [] : [table.folded]))
    .join(', ');
  return [
    ...texts,
    ...(foldedTables === '' ? [] : [`… and ${foldedTables}: --all shows them\n`]),
  ].join('\n');
}

export const markdownOf = (tables: readonly ComparisonTable[]): string =>
  tables
    .map(({ title, columns, rows, note }) => [
      `## ${title}`,
      ...(rows.length === 0 ? [] : [markdownTable(columns, rows)]),
      ...(note === undefined ? [] : [note]),
    ])
    .map((parts) => `${parts.join('\n\n')}\n`)
    .join('\n');

/** The tables for LaTeX, each after a comment with its title. */
export const latexOf = (tables: readonly ComparisonTable[]): string =>
  tables
    .map(({ title, columns, rows, note = '' }) => [
      title,
      rows.length === 0
        ? `% ${note}`
        : latexTable(columns, rows) + (note && `\n${latexNote(note)}`),
    ])
    .map(([title, body]) => `% ${title}\n${body}\n`)
    .join('\n');
