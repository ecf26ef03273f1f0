import type { TopLevelSpec } from 'vega-lite';
import { formatCountOf, formatCountRange, formatDecimal } from '../../format-numbers.ts';
import { chart, quantity, share } from '../../learning/charts/encoders.ts';
import { lineLayers } from '../../learning/charts/line-layers.ts';
import { simplifyLine } from '../../learning/charts/simplify-line.ts';
import { axisTitle, metric } from '../../learning/metrics/metric-catalogue.ts';
import { selectionSplit, totalOf } from '../../learning/training/splits.ts';
import { curveCharts, stepAxis } from '../curve-charts.ts';
import { showNumber } from '../measured-number.ts';
import type { Comparison } from './compare-subjects.ts';
import type { PairedScores } from './paired-scores.ts';

const width = 400;

/**
 * The overlaid curves of a comparison: the ROC of every scored split, and the values by epoch of
 * every training.
 */
export function comparisonCharts(
  comparison: Comparison,
): readonly { readonly name: string; readonly spec: TopLevelSpec }[] {
  const { subjects, histories, paired, curves } = comparison;
  return [
    ...paired.flatMap((comparison) =>
      'curves' in comparison
        ? [{ name: rocName(comparison), spec: rocChart(comparison, subjects) }]
        : [],
    ),
    ...histories.map(({ stage, of }) => ({
      name: `${stage}, training`,
      spec: historyChart(stage, of, subjects),
    })),
    ...curves.flatMap(({ stage, of }) => {
      const owners = of.map((curves, index) => ({ owner: subjects[index]!, curves }));
      return curveCharts({ name: stage, owners }).map(({ measure, spec }) => ({
        name: `${stage}, ${measure}`,
        spec,
      }));
    }),
  ];
}

type Paired = Extract<PairedScores, { positive: string }>;

const rocName = ({ stage, unit }: Paired): string =>
  unit === 'video' ? `${stage}, ROC of videos` : `${stage}, ROC`;

function rocChart(paired: Paired, subjects: readonly string[]): TopLevelSpec {
  const { stage, unit, split, images, positive, curves, areas } = paired;
  const names = paired.subjects.map(
    (index, i) => `${subjects[index]!}: ${metric('auc').title} ${formatDecimal(areas[i]!)}`,
  );
  const values = curves.flatMap((curve, index) => {
    const points = curve.map(([x, y]) => ({ x, y }));
    return simplifyLine(points, 5e-4).map((point, order) => ({
      series: names[index]!,
      ...point,
      order,
    }));
  });
  const axes = { x: share('x', 'False positive rate'), y: share('y', 'True positive rate') };
  const scored = `${stage}: ${formatCountOf(images, unit)} that all scored; ${positive} is positive`;
  return chart(`ROC on ${split}`, scored, width, {
    width,
    height: width,
    data: { values },
    layer: lineLayers(names, {
      ...axes,
      order: 'order',
      legend: { width },
      mark: { interpolate: 'linear' },
    }),
  });
}

type Histories = Comparison['histories'][number]['of'];

/** Accuracy and loss by epoch; the legend has the accuracy of the weights that each kept. */
function historyChart(stage: string, of: Histories, subjects: readonly string[]): TopLevelSpec {
  const splits = of.flatMap((history) => history?.splits ?? []);
  const split = splits.includes(selectionSplit) ? selectionSplit : splits[0]!;
  const labelOf = (index: number) => {
    const kept = of[index]!.epochs.find(({ epoch }) => epoch === of[index]!.chosenEpoch);
    const accuracy = kept?.splits[split]?.accuracy;
    return accuracy === undefined
      ? subjects[index]!
      : `${subjects[index]!}: ${showNumber(accuracy)} at epoch ${kept!.epoch}`;
  };
  const values = of.flatMap((history, index) =>
    (history?.epochs ?? []).flatMap(({ epoch, splits: { [split]: row } }) =>
      row === undefined
        ? []
        : [{ series: labelOf(index), epoch, loss: row.loss, accuracy: row.accuracy }],
    ),
  );
  const names = [...new Set(values.map(({ series }) => series))];
  const x = stepAxis(
    'epoch',
    values.map(({ epoch }) => epoch),
    'epoch',
  );
  const panel = (field: 'accuracy' | 'loss') => ({
    width,
    height: 220,
    layer: lineLayers(names, {
      x,
      y: quantity(field, axisTitle(field)),
      legend: { width },
      points: true,
    }),
  });
  const counts = of.flatMap((history) => {
    const images = history?.images?.[split];
    return images === undefined ? [] : [totalOf(images)];
  });
  const images = counts.length === 0 ? '' : `; ${formatCountRange(counts, 'image')}`;
  return chart(`Training on ${split}`, `${stage}, after each epoch${images}`, width, {
    data: { values },
    vconcat: [panel('accuracy'), panel('loss')],
  });
}
