import { groupBy } from '../../group-by.ts';
import { findMetric, headlineMetrics } from '../../learning/metrics/metric-catalogue.ts';
import { type HeatCell, heatCells, type Member, valuesOf } from '../heat-cells.ts';
import { showNumber } from '../measured-number.ts';
import { baseName } from '../stage-base-name.ts';
import { findingOf } from './findings-section.ts';
import { type Html, html } from './html.ts';
import type { ReportStage } from './report-model.ts';

/** More values of an axis than this fill no table that anybody reads. */
const mostValues = 40;
/** Members below this number are compared at a glance in the findings. */
const leastMembers = 4;
/**
 * The main number of every member of a matrix, one table for each stage that measures it: the two
 * axes with most values down and across, shaded from the worst to the best. Where there are further
 * axes, each cell is a mean over them.
 */
export function renderMatrices(stages: readonly ReportStage[]): readonly Html[] {
  const groups = groupBy(
    stages.filter(({ name }) => name.includes('[')),
    ({ name }) => baseName(name),
  );
  return Array.from(groups).flatMap(([base, instances]) => renderMatrix(base, instances));
}

function renderMatrix(base: string, stages: readonly ReportStage[]): readonly Html[] {
  const findings = stages.flatMap(findingOf);
  const split = findings[0]?.split;
  if (split === undefined || findings.length < leastMembers) return [];
  const measure = headlineMetrics.find(({ name }) =>
    findings.every(({ metrics }) => metrics.get(name)?.value != null),
  );
  if (measure === undefined || findings.some((finding) => finding.split !== split)) return [];
  const members = findings.map(({ stage, metrics }): Member => {
    return { axes: axesIn(stage.slice(base.length)), value: metrics.get(measure.name)!.value! };
  });
  const [down, across] = longestAxes(members);
  if (down === undefined || across === undefined) return []; // the findings rank a single axis
  const better = findMetric(measure.name)?.better ?? 'higher';
  const { rows, columns, cells } = heatCells(members, { down, across, better });
  if (rows.length > mostValues || columns.length > mostValues) return [];
  const isMean = cells.flat().some((cell) => (cell?.count ?? 0) > 1);
  const name = measure.title[0]!.toUpperCase() + measure.title.slice(1);
  const title = `${name} on ${split} of ${base} by ${down} and ${across}${isMean ? ', means' : ''}`;
  return [
    html`<div class="scroll card keep" tabindex="0" role="group" aria-label="${title}"><table class="matrix"><caption>${title}</caption>
<thead><tr><th scope="col">${down} \\ ${across}</th>${columns.map((column) => html`<th scope="col" class="number">${column}</th>`)}</tr></thead>
<tbody>${cells.map((row, i) => html`<tr><th scope="row">${rows[i]}</th>${row.map(renderCell)}</tr>`)}</tbody></table></div>`,
  ];
}

function renderCell(cell: HeatCell | undefined): Html {
  if (cell === undefined) return html`<td class="number">–</td>`;
  const { mean, count, shade, isBest } = cell;
  const text = showNumber(mean);
  const times = count > 1 && html` title="mean of ${count}"`;
  return html`<td class="number" style="background:color-mix(in srgb, var(--accent) ${shade}%, var(--paper))"${times}>${isBest ? html`<strong>${text}</strong>` : text}</td>`;
}

/** `[rate=0.001,seed=7]` as its axes. */
const axesIn = (label: string): ReadonlyMap<string, string> =>
  new Map(
    label
      .slice(1, -1)
      .split(/,(?=[^,=]+=)/)
      .map(
        (part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)] as const,
      ),
  );

/** The two axes with most values that differ, the one with more of them first. */
function longestAxes(members: readonly Member[]): readonly string[] {
  const names = new Set(members.flatMap(({ axes }) => [...axes.keys()]));
  return [...names]
    .map((name) => ({ name, count: valuesOf(members, name).length }))
    .filter(({ count }) => count > 1)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, 2)
    .map(({ name }) => name);
}
