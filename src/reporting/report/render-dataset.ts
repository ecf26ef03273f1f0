import { type Html, html } from './html.ts';
import type { ShownTable } from './report-model.ts';

/** What a dataset holds: images of each split, class and source, with their share of the split. */
export function renderDataset(stage: string, href: string, { columns, rows }: ShownTable): Html {
  const at = (name: string) => columns.indexOf(name);
  const [split, className, images] = [at('split'), at('class'), at('images')];
  const count = (row: readonly string[]) => Number(row[images]) || 0;
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(row[split]!, (totals.get(row[split]!) ?? 0) + count(row));
  const all = [...totals.values()].reduce((sum, n) => sum + n, 0);
  const classes = new Set(rows.map((row) => row[className]));
  const shown = columns.map((name) => name.replaceAll('_', ' '));
  return html`<div class="scroll card" tabindex="0" role="group" aria-label="Images of ${stage}"><table class="bars">
<caption>${stage}: ${all.toLocaleString('en-US')} images of ${[...classes].join(' and ')} in ${totals.size} splits <a class="small" href="${href}">${href.split('/').at(-1)!}</a></caption>
<thead><tr>${shown.map((name, index) => html`<th scope="col"${index >= images && html` class="number"`}>${name}</th>`)}<th scope="col">share of the split</th></tr></thead>
<tbody>
${rows.map((row) => {
  const share = count(row) / (totals.get(row[split]!) || 1);
  return html`<tr>${row.map((cell, index) =>
    index === 0
      ? html`<th scope="row">${cell}</th>`
      : html`<td${index >= images && html` class="number"`}>${cell}</td>`,
  )}<td><span class="small">${(100 * share).toFixed(1)} %</span><span class="bar" style="width:${(100 * share).toFixed(1)}%"></span></td></tr>
`;
})}</tbody></table></div>`;
}
