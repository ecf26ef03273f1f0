import type { TopLevelSpec } from 'vega-lite';
import { decimalsOf } from '../../src/format-numbers.ts';
import type { ExchangeCurves } from '../../src/learning/attribution/faithfulness/insertion-deletion.ts';
import { chartTitle } from '../../src/learning/charts/chart-title.ts';
import type { Judgement } from './judge.ts';
import { methodScales, seriesTitle } from './method-scales.ts';
import { areaDecimals } from './tables.ts';
import { baselineText, type Frame, imagesText, titled } from './texts.ts';

const width = 300;
const height = 280;
const titleWidth = 2 * width + 110;
/** Of the axis of probabilities; below it, differences are of rounding alone. */
const leastHeight = 1e-4;

const panels: readonly {
  readonly name: keyof ExchangeCurves;
  readonly title: string;
  readonly x: readonly string[];
}[] = [
  { name: 'insertion', title: 'Insertion: higher is better', x: ['Pixels shown, %,', 'the most salient first'] },
  { name: 'deletion', title: 'Deletion: lower is better', x: ['Pixels taken away, %,', 'the most salient first'] },
];

/** How the class's probability goes while pixels are inserted, and while they are deleted: a line for each method, the mean over images. */
export function curvesChart(judgement: Judgement, frame: Frame): TopLevelSpec {
  const all = [...judgement.ranked, judgement.control];
  const decimals = areaDecimals(judgement);
  const names = all.map(
    ({ method, insertion, deletion }) =>
      `${seriesTitle(method)}: ${insertion.estimate.toFixed(decimals)} and ${deletion.estimate.toFixed(decimals)}`,
  );
  const { color, strokeDash } = methodScales(
    all.map(({ method }, i) => ({ method, name: names[i]! })),
    judgement.methods,
  );
  const heights = all.flatMap(({ curves }) => [...curves.insertion, ...curves.deletion]);
  const [low, high] = [Math.min(...heights), Math.max(...heights)];
  // Of no height an axis would have one tick in the middle of nothing.
  const margin = high - low < leastHeight ? leastHeight / 2 : 0;
  const domain = [low - margin, high + margin];
  const places = 2 + decimalsOf(domain);
  const bySeries = {
    field: 'series',
    type: 'nominal' as const,
    legend: {
      title: 'Area under insertion and deletion',
      symbolType: 'stroke',
      symbolSize: 500,
      orient: 'bottom' as const,
      direction: 'vertical' as const,
      columns: 2,
      titleAnchor: 'start' as const,
      titleLimit: titleWidth,
    },
  };
  const notes = [imagesText(judgement, frame), baselineText(judgement, frame), 'lines: means over images'];
  const title = titled(frame, 'Insertion and deletion');
  return {
    title: chartTitle(title, notes.join('; '), titleWidth),
    spacing: 40,
    hconcat: panels.map(({ name, title, x }) => ({
      title: { text: title, anchor: 'middle' as const, fontSize: 13, offset: 6 },
      width,
      height,
      data: {
        name,
        // The control last, on top: it is thin, and the bar for the others.
        values: all.flatMap(({ curves }, i) =>
          Array.from(curves[name], (probability, step) => ({
            ...{ series: names[i]!, share: rounded(step / (curves[name].length - 1), 5) },
            probability: rounded(probability, places),
          })),
        ),
      },
      mark: { type: 'line' as const },
      encoding: {
        x: {
          field: 'share',
          type: 'quantitative' as const,
          title: [...x],
          scale: { domain: [0, 1] },
          axis: { tickCount: 5, labelExpr: '100 * datum.value' },
        },
        y: {
          field: 'probability',
          type: 'quantitative' as const,
          title: name === 'insertion' ? 'Probability of the class' : null,
          scale: { domain, nice: true, zero: false },
          axis: { tickCount: 5 },
        },
        color: { ...bySeries, scale: color },
        strokeDash: { ...bySeries, scale: strokeDash },
      },
    })),
    resolve: { scale: { color: 'shared', strokeDash: 'shared' } },
  };
}

const rounded = (value: number, decimals: number) => Number(value.toFixed(decimals));
