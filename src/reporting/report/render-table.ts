import type { Highlight } from '../../stage.ts';
import { groupHighlights } from '../group-highlights.ts';
import { isNumeric } from '../terminal/format-table.ts';
import { formatInterval, formatNumber, intervalWords } from './format-number.ts';
import { type Html, html } from './html.ts';
import type { Metric, ShownTable } from './report-model.ts';

type Cell = string | number;

/** Columns that find room in half of the page. */
const widest = 5;

const longNumber = /^-?\d+\.\d{5,}(e[-+]?\d+)?$/;

/** Rows shown of a table that many stages share. */
const mostRows = 80;

/** A table with its caption, columns of numbers to the right. The first cell of a row is its head. */
export function renderTable(
  caption: Html | string | undefined,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Html {
  const numeric = columns.map(
    (_, index) => rows.length > 0 && rows.every((row) => isNumeric(String(row[index] ?? ''))),
  );
  const side = (index: number) => (numeric[index] ? html` class="number"` : undefined);
  const wide = columns.length > widest && ' wide';
  return html`<div class="scroll card${wide}" tabindex="0" role="group" aria-label="${typeof caption === 'string' ? caption : 'table'}"><table>
${caption !== undefined && html`<caption>${caption}</caption>`}
<thead><tr>${columns.map((name, index) => html`<th scope="col"${side(index)}>${name}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${columns.map((_, index) =>
    index === 0
      ? html`<th scope="row"${side(index)}>${row[index] ?? ''}</th>`
      : html`<td${side(index)}>${row[index] ?? ''}</td>`,
  )}</tr>
`,
)}</tbody></table></div>`;
}

/** The tables that stages want shown; those of one title and form are one. */
export function renderHighlights(
  stages: readonly { readonly name: string; readonly highlights: readonly Highlight[] }[],
): readonly Html[] {
  return groupHighlights(stages).map(({ title, stages: of, columns, rows }) => {
    const more = rows.length > mostRows ? `; the first ${mostRows} of ${rows.length} rows` : '';
    const caption = html`${title} <span class="soft">${of.length === 1 ? of[0] : `${of.length} stages`}${more}</span>`;
    return renderTable(caption, columns, rows.slice(0, mostRows));
  });
}

/** A table of a file, whose link has every digit. */
export function renderShownTable({ columns, rows, leftOut }: ShownTable, caption: Html): Html {
  const rounded = rows.map((row) => row.map((cell) => (longNumber.test(cell) ? formatNumber(Number(cell)) : cell)));
  return html`${renderTable(caption, columns, rounded)}${leftOut !== undefined && html`<p class="soft small">${leftOut}</p>`}`;
}

export function renderMetrics(metrics: readonly Metric[], caption?: Html): Html {
  const measured = metrics.filter(({ interval }) => interval !== undefined);
  const hasIntervals = measured.length > 0;
  return renderTable(
    caption,
    ['metric', 'value', ...(hasIntervals ? [intervalWords(measured[0]!.confidence)] : [])],
    metrics.map(({ name, value, interval }) => [
      name,
      formatNumber(value),
      ...(hasIntervals ? [interval === undefined ? '' : formatInterval(interval)] : []),
    ]),
  );
}
