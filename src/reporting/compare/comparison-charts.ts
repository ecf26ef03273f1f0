import type { TopLevelSpec } from 'vega-lite';
import { formatCount, formatCountOf, formatCountRange, formatShare } from '../../format-numbers.ts';
import { chartTitle } from '../../learning/charts/chart-title.ts';
import { fittedLabels } from '../../learning/charts/fit-text.ts';
import { seriesScales } from '../../learning/charts/series.ts';
import { simplifyLine } from '../../learning/charts/simplify-line.ts';
import type { SplitImages } from '../../learning/training/split-images.ts';
import { type Comparison, level, type PairedScores } from './compare-subjects.ts';

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

const legendOf = (names: readonly string[]) => ({
  ...{ orient: 'bottom' as const, columns: 1 },
  ...fittedLabels(names, width - 30),
});

type Paired = Extract<PairedScores, { images: number }>;

function rocChart(paired: Paired, subjects: readonly string[]): TopLevelSpec {
  const { curves, areas } = paired;
  const names = paired.subjects.map((index, i) => `${subjects[index]!}: AUC ${areas[i]!.toFixed(3)}`);
  const { color, strokeDash } = seriesScales(names);
  const values = curves.flatMap((curve, index) =>
    simplifyLine(
      curve.map(([x, y]) => ({ x, y })),
      5e-4,
    ).map(({ x, y }, order) => ({ model: names[index]!, x, y, order })),
  );
  return {
    title: chartTitle(...rocTitle(paired, subjects), width),
    width,
    height: width,
    data: { values },
    mark: { type: 'line', interpolate: 'linear' },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: 'False positive rate', scale: { domain: [0, 1] } },
      y: { field: 'y', type: 'quantitative', title: 'True positive rate', scale: { domain: [0, 1] } },
      order: { field: 'order' },
      color: { field: 'model', type: 'nominal', title: null, scale: color, legend: legendOf(names) },
      strokeDash: { field: 'model', type: 'nominal', title: null, scale: strokeDash },
    },
  };
}

/** Who leads, if that is more than chance, and by which test. */
function rocTitle(
  { stage, split, images, areas, pairs, subjects: of }: Paired,
  subjects: readonly string[],
): readonly [title: string, subtitle: string] {
  const order = areas.map((_, i) => i).toSorted((a, b) => areas[b]! - areas[a]!);
  const [first, second] = order as [number, number];
  const [leader, next] = [subjects[of[first]!]!, subjects[of[second]!]!];
  const { auc } = pairs.find(({ one, other }) => one === Math.min(first, second) && other === Math.max(first, second))!;
  const isApart = auc.adjustedP < 1 - level;
  const area = `on ${split}, AUC ${areas[first]!.toFixed(3)}`;
  const p = Number.isNaN(auc.adjustedP)
    ? ''
    : `, p ${auc.adjustedP < 0.001 ? '< 0.001' : `= ${auc.adjustedP.toFixed(3)}`}`;
  const distance = areas[first]! - areas[second]!;
  return [
    isApart
      ? `${leader} leads ${area}`
      : distance === 0
        ? `${leader} and ${next} are alike ${area}`
        : `${leader} is first ${area}, but ${next} cannot be told from it`,
    `${stage}: ${distance.toFixed(3)} above ${next}${p}; ${formatCountOf(images, 'image')} that all scored; fake is positive`,
  ];
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
      color: { ...model, scale: color, legend: legendOf(names) },
      strokeDash: { ...model, scale: strokeDash },
      shape: { ...model, scale: shape },
    },
  });
  return {
    title: chartTitle(trainingTitle(of, subjects, split), trainingSubtitle(stage, of, split), width),
    data: { values: values.filter((row) => row.split === split) },
    vconcat: [panel('accuracy', 'Accuracy'), panel('loss', 'Loss (cross-entropy, nats)')],
  };
}

type Histories = Comparison['histories'][number]['of'];

/** Who has the highest accuracy with the weights that were kept. */
function trainingTitle(of: Histories, subjects: readonly string[], split: string): string {
  const reached = of.flatMap((history, index) => {
    const kept = history?.epochs.find(({ epoch }) => epoch === history.chosenEpoch);
    const accuracy = kept?.splits[split]?.accuracy;
    return accuracy === undefined ? [] : [{ name: subjects[index]!, epoch: kept!.epoch, accuracy }];
  });
  const [best, next] = reached.toSorted((a, b) => b.accuracy - a.accuracy);
  if (best === undefined) return `Training on ${split}`;
  const share = formatShare(best.accuracy);
  if (next?.accuracy === best.accuracy)
    return `${best.name} and ${next.name} keep the same accuracy on ${split}, ${share}`;
  const other = next === undefined ? '' : `; ${next.name} ${formatShare(next.accuracy)}`;
  return `${best.name} keeps the highest accuracy on ${split}, ${share} of epoch ${formatCount(best.epoch)}${other}`;
}

function trainingSubtitle(stage: string, of: Histories, split: string): string {
  const epochs = formatCountRange(
    of.flatMap((history) => history?.epochs.length ?? []),
    'epoch',
  );
  const counts = of.flatMap((history) => history?.images?.[split] ?? []).map(imagesOf);
  const images = counts.length === 0 ? '' : `; ${formatCountRange(counts, 'image')}`;
  return `${stage}, after each of ${epochs}${images}`;
}

const imagesOf = ({ real, fake }: SplitImages): number => real + fake;
