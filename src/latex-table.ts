type Cell = string | number;

/**
 * Characters that LaTeX reads as commands or lacks in its usual fonts; other special ones get a
 * backslash.
 */
const signs: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '±': '$\\pm$',
  '×': '$\\times$',
  '→': '$\\rightarrow$',
  '≥': '$\\geq$',
  '≤': '$\\leq$',
  '<': '$<$',
  '>': '$>$',
  '−': '$-$',
  '–': '--',
  '…': '\\ldots{}',
};

const escaped = (cell: Cell): string =>
  String(cell).replace(/[\\~^±×→≥≤<>−–…&%$#_{}]/g, (sign) => signs[sign] ?? `\\${sign}`);

/** A note in a small font, as a paragraph of its own below a table. */
export const latexNote = (text: string): string => `\n{\\footnotesize ${escaped(text)}}`;

/**
 * A table for LaTeX with the package booktabs, without a line break at its end. Cells are plain
 * text.
 */
export function latexTable(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  isNumeric: (column: number) => boolean = () => false,
): string {
  const line = (cells: readonly Cell[]): string => `  ${cells.map(escaped).join(' & ')} \\\\`;
  const align = columns.map((_, i) => (isNumeric(i) ? 'r' : 'l')).join('');
  return [
    `\\begin{tabular}{${align}}`,
    '  \\toprule',
    line(columns),
    '  \\midrule',
    ...rows.map(line),
    '  \\bottomrule',
    '\\end{tabular}',
  ].join('\n');
}
