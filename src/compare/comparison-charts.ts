import type { TopLevelSpec } from 'vega-lite';
import { chartTitle } from '../charts/chart-title.ts';
import { seriesScales } from '../charts/series.ts';
import { simplifyLine } from '../charts/simplify-line.ts';
import type { Comparison, PairedScores } from './compare-subjects.ts';

const width = 400;

/** The curves of a comparison, overlaid: of every training its values by epoch, of every scored split its ROC. */
export function comparisonCharts(
  comparison: Comparison,
): readonly { readonly name: string; readonly spec: TopLevelSpec }[] {
  const { subjects, histories, paired } = comparison;
  return [
    ...paired.flatMap((one) =>
      'problem' in one ? [] : [{ name: `${one.stage}, ROC`, spec: rocChart(one, subjects) }],
    ),
    ...histories.map(({ stage, of }) => ({ name: `${stage}, training`, spec: historyChart(stage, of, subjects) })),
  ];
}

function rocChart(paired: Extract<PairedScores, { images: number }>, subjects: readonly string[]): TopLevelSpec {
  const { stage, split, images, curves } = paired;
  const names = paired.subjects.map((index, i) => `${subjects[index]!}: AUC ${areaBelow(curves[i]!).toFixed(3)}`);
  const { color, strokeDash } = seriesScales(names);
  const values = curves.flatMap((curve, index) =>
    simplifyLine(
      curve.map(([x, y]) => ({ x, y })),
      5e-4,
    ).map(({ x, y }, order) => ({ model: names[index]!, x, y, order })),
  );
  return {
    title: chartTitle(`ROC on ${split}: ${stage}`, `${images} images that all scored; fake is positive`, width),
    width,
    height: width,
    data: { values },
    mark: { type: 'line', interpolate: 'linear' },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: 'False positive rate', scale: { domain: [0, 1] } },
      y: { field: 'y', type: 'quantitative', title: 'True positive rate', scale: { domain: [0, 1] } },
      order: { field: 'order' },
      color: { field: 'model', type: 'nominal', title: null, scale: color, legend: { orient: 'bottom', columns: 1 } },
      strokeDash: { field: 'model', type: 'nominal', title: null, scale: strokeDash },
    },
  };
}

/** By trapezoids, which is the AUC. */
function areaBelow(curve: readonly (readonly [x: number, y: number])[]): number {
  return curve.slice(1).reduce((sum, [x, y], i) => sum + ((x - curve[i]![0]) * (y + curve[i]![1])) / 2, 0);
}

function historyChart(
  stage: string,
  of: Comparison['histories'][number]['of'],
  subjects: readonly string[],
): TopLevelSpec {
  const names = subjects.filter((_, index) => of[index] !== undefined);
  const { color, strokeDash, shape } = seriesScales(names);
  const values = of.flatMap((history, index) =>
    (history?.epochs ?? []).flatMap(({ epoch, splits }) =>
      Object.entries(splits).map(([split, { loss, accuracy }]) => ({
        model: subjects[index]!,
        epoch,
        split,
        loss,
        accuracy,
      })),
    ),
  );
  const splits = [...new Set(values.map(({ split }) => split))];
  const split = splits.includes('val') ? 'val' : splits[0]!;
  const model = { field: 'model', type: 'nominal', title: null } as const;
  const panel = (field: 'accuracy' | 'loss', title: string) => ({
    width,
    height: 220,
    mark: { type: 'line' as const, point: true },
    encoding: {
      x: { field: 'epoch', type: 'quantitative' as const, title: 'Epoch', axis: { tickMinStep: 1, format: 'd' } },
      y: { field, type: 'quantitative' as const, title, scale: { zero: false } },
      color: { ...model, scale: color, legend: { orient: 'bottom' as const, columns: 1 } },
      strokeDash: { ...model, scale: strokeDash },
      shape: { ...model, scale: shape },
    },
  });
  return {
    title: chartTitle(`Training of ${stage} on ${split}`, 'After each epoch', width),
    data: { values: values.filter((row) => row.split === split) },
    vconcat: [panel('accuracy', 'Accuracy'), panel('loss', 'Loss (cross-entropy, nats)')],
  };
}
