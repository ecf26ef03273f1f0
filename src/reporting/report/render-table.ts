import {
  formatCount,
  formatCountOf,
  formatLevel,
  formatShare,
  isNumeric,
} from '../../format-numbers.ts';
import { reasonMissing } from '../../learning/metrics/metric-catalogue.ts';
import type { TableCounts } from '../../stage.ts';
import type { SummaryTable } from '../group-summary-tables.ts';
import { showEnds, showNumber } from '../measured-number.ts';
import { Html, html } from './html.ts';
import type { ReportMetric, ShownTable } from './report-model.ts';

type Cell = Html | string | number;

/** The most columns that fit into half of the page. */
const widest = 5;
/** A table of more columns and few rows is transposed. */
const mostColumns = 12;
const fewRows = 6;
const mostRows = 80;
/** A number or an interval, also where the column holds words too: `< 0.001`, `−0.1 to 0.2`. */
const short = /^[<−+-]? ?\d[^a-z]{0,20}( to [^a-z]{1,12})?$/i;
const longNumber = /^-?\d+\.\d{5,}(e[-+]?\d+)?$/;

/** A table, columns of numbers to the right. The first cell of a row is its head. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
  caption?: Html | string,
): Html {
  const isNumber = (cell: Cell | undefined) =>
    !(cell instanceof Html) && isNumeric(String(cell ?? ''));
  const numeric = columns.map(
    (_, index) => rows.length > 0 && rows.every((row) => isNumber(row[index])),
  );
  const side = (index: number, cell: Cell = '') =>
    numeric[index] ? html` class="number"` : short.test(String(cell)) && html` class="nowrap"`;
  return html`<div class="scroll card${columns.length > widest && ' wide'}" tabindex="0" role="group" aria-label="${typeof caption === 'string' ? caption : 'table'}"><table>
${caption !== undefined && html`<caption>${caption}</caption>`}
<thead><tr>${columns.map((name, index) => (name === '' ? html`<td></td>` : html`<th scope="col"${side(index)}>${name}</th>`))}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${columns.map((_, index) =>
    index === 0
      ? html`<th scope="row"${side(index, row[index])}>${row[index] ?? ''}</th>`
      : html`<td${side(index, row[index])}>${row[index] ?? ''}</td>`,
  )}</tr>
`,
)}</tbody></table></div>`;
}

export function renderSummaryTable({
  title,
  stages,
  columns,
  rows,
  conclusions,
}: SummaryTable): Html {
  const more = rows.length > mostRows ? `; the first ${mostRows} of ${rows.length} rows` : '';
  const of = stages.length === 1 ? stages[0]! : `${stages.length} stages`;
  const table = renderTable(
    columns,
    rows.slice(0, mostRows),
    html`${title} <span class="soft">${of}${more}</span>`,
  );
  return html`${table}${conclusions.map((conclusion) => html`<p class="conclusion">${conclusion}</p>`)}`;
}

/** A table of a file; the file itself has every digit. */
export function renderShownTable({ columns, rows, leftOut }: ShownTable, caption: Html): Html {
  const rounded = rows.map((row) =>
    row.map((cell) => (longNumber.test(cell) ? showNumber(Number(cell)) : cell)),
  );
  const isTransposed = columns.length > mostColumns && rows.length <= fewRows;
  const table = [columns, ...rounded];
  const [heads = [], ...lines] = isTransposed ? transpose(table) : table;
  return html`${renderTable(heads, lines, caption)}${leftOut !== undefined && html`<p class="soft small">${leftOut}</p>`}`;
}

/** The columns of a table as its rows; an empty cell where a row is shorter than the first. */
const transpose = (table: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  table[0]!.map((_, index) => table.map((row) => row[index] ?? ''));

export function renderMetrics(metrics: readonly ReportMetric[]): Html {
  const measured = metrics.find(({ interval }) => interval !== undefined);
  const heads = ['metric', 'value'];
  const rows = metrics.map(({ name, value }) => [
    name,
    value === null ? missing(name) : showNumber(value),
  ]);
  if (measured === undefined) return renderTable(heads, rows);
  const ends = metrics.map(({ interval }) => (interval === undefined ? '' : showEnds(interval)));
  return renderTable(
    [...heads, intervalWords(measured)],
    rows.map((row, index) => [...row, ends[index]!]),
  );
}

/** A dash, and why there is no number where that is known. */
function missing(name: string): string {
  const reason = reasonMissing(name);
  return reason === undefined ? showNumber(null) : `${showNumber(null)} (${reason})`;
}

/** `95 % interval`, or without the confidence where it is not known. */
export const intervalWords = ({ confidence }: ReportMetric): string =>
  confidence === undefined ? 'interval' : `${formatLevel(confidence)} interval`;

/** A table that counts what a data set has, with the share that each row is of its whole. */
export function renderDataset(
  stage: string,
  href: string,
  { columns, rows, counts }: ShownTable & { readonly counts: TableCounts },
): Html {
  const within = columns.indexOf(counts.within);
  const by = columns.indexOf(counts.by);
  const of = columns.indexOf(counts.of);
  const count = (row: readonly string[]) => Number(row[of]) || 0;
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(row[within]!, (totals.get(row[within]!) ?? 0) + count(row));
  const all = [...totals.values()].reduce((sum, n) => sum + n, 0);
  const names = new Set(rows.map((row) => row[by]));
  const caption = html`${stage}: ${formatCount(all)} ${counts.of} of ${[...names].join(' and ')} in ${formatCountOf(totals.size, counts.within)} ${fileLink(href)}`;
  return renderTable(
    [...columns.map((name) => name.replaceAll('_', ' ')), `share of the ${counts.within}`],
    rows.map((row) => [...row, shareBar(count(row) / (totals.get(row[within]!) || 1))]),
    caption,
  );
}

export const fileLink = (href: string): Html =>
  html`<a class="small" href="${href}">${href.split('/').at(-1)!}</a>`;

const shareBar = (share: number): Html =>
  html`<span class="small">${formatShare(share)}</span><span class="bar" style="width:${(100 * share).toFixed(1)}%"></span>`;
