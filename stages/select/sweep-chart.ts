import { chart, quantity } from '../../src/learning/charts/encoders.ts';
import { lineLayers, pointLayer } from '../../src/learning/charts/line-layers.ts';
import { renderOutput } from '../../src/learning/charts/render-chart.ts';
import { nearestTooltip, rowOf } from '../../src/learning/charts/tooltips.ts';
import { findMetric, titleOfPath } from '../../src/learning/metrics/metric-catalogue.ts';
import { selectionSplit } from '../../src/learning/training/splits.ts';
import type { ChartContext } from '../../src/stage.ts';
import type { Criterion } from './criteria.ts';

const width = 480;
const best = 'best so far';
const candidates = "datum.series === 'candidate'";

/**
 * Draws the values of candidates in their order, null where undefined, as points, and the best up
 * to each as steps.
 */
export async function drawSweep(
  context: ChartContext,
  { values, by }: { readonly values: readonly (number | null)[]; readonly by: Criterion },
): Promise<void> {
  const { better, name } = by;
  const title = findMetric(name)?.title ?? name;
  const isBetter = (a: number, b: number) => (better === 'higher' ? a > b : a < b);
  let sofar: number | undefined;
  const steps = values.flatMap((value, index) => {
    if (value !== null && (sofar === undefined || isBetter(value, sofar))) sofar = value;
    return sofar === undefined ? [] : [{ candidate: index + 1, value: sofar, series: best }];
  });
  const points = values.flatMap((value, index) =>
    value === null ? [] : [{ candidate: index + 1, value, series: 'candidate' }],
  );
  const axes = {
    x: quantity('candidate', 'candidate', { tickMinStep: 1 }),
    y: quantity('value', titleOfPath(`${selectionSplit}.${name}`)),
  };
  const names = [best, 'candidate'];
  const options = { ...axes, legend: { width } };
  const layer = [
    ...lineLayers(names, {
      ...options,
      filter: `datum.series === '${best}'`,
      mark: { interpolate: 'step-after' },
      tooltip: null,
    }),
    pointLayer(names, { ...axes, filter: candidates }),
    nearestTooltip([rowOf(axes.x), rowOf(axes.y)], {
      ...axes,
      transform: [{ filter: candidates }],
    }),
  ];
  const subtitle = `${points.length} of ${values.length} candidates have a value; ${better} is better`;
  const body = { width, height: 240, data: { values: [...steps, ...points] }, layer };
  await renderOutput(
    context,
    'curve',
    chart(`Candidates by ${title} on ${selectionSplit}`, subtitle, width, body),
  );
}
