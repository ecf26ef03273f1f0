import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../../src/format-numbers.ts';
import { chartTitle, withLabels } from '../../../src/learning/charts/chart-title.ts';
import { classColours, dashes } from '../../../src/learning/charts/theme.ts';
import { auc } from '../../../src/learning/metrics/ranking/auc.ts';
import { countAtThresholds } from '../../../src/learning/metrics/ranking/threshold-counts.ts';
import { errorsAt, type ModelScores, type SplitScores } from './read-scores.ts';
import { countsOf, leadersOf, modelHeader, panelHeight, thresholdRule, width } from './scores-panels.ts';

export interface HistogramOptions {
  readonly bins: number;
  /** What bars are high by: the share of the class's images in the bin, or their number. */
  readonly scale: 'share' | 'count';
  readonly threshold: number;
  readonly title?: string | undefined;
}

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const classes = ['real', 'fake'] as const;

/** How the difference of the scores is distributed in each class, a panel for each model, on one axis. */
export function histogramChart(scores: SplitScores, options: HistogramOptions): TopLevelSpec {
  const { models, shared } = scores;
  const edges = binEdges(models, options);
  return {
    title: chartTitle(
      options.title ?? withLabels(finding(scores, options.threshold), shared),
      `${countsOf(models)}; ${models.length === 1 ? `AUC ${auc(countAtThresholds(models[0]!.labels, models[0]!.differences)).toFixed(3)}; ` : ''}to the right of the line an image is called fake`,
      width + 50,
    ),
    spacing: 14,
    vconcat: models.map((model, index) =>
      panel(model, edges, { ...options, isLast: index === models.length - 1, several: models.length > 1 }),
    ),
  };
}

/** Of round width, the threshold among them, so that no bar lies on both of its sides. */
function binEdges(models: readonly ModelScores[], { bins, threshold }: HistogramOptions): readonly number[] {
  let [low, high] = [threshold, threshold];
  for (const { differences } of models) {
    for (const value of differences) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const raw = (high - low || 1) / bins;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw * (1 - 1e-9))!;
  const first = Math.floor((low - threshold) / step - 1e-9);
  const last = Math.max(first + 1, Math.ceil((high - threshold) / step - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number((threshold + (first + index) * step).toPrecision(12)),
  );
}

/** A row for each edge and class, of the bin that begins there; the last edge closes the shape. */
function rowsOf({ labels, differences, real, fake }: ModelScores, edges: readonly number[]) {
  const counts = classes.map(() => new Float64Array(edges.length));
  const [first, step] = [edges[0]!, (edges.at(-1)! - edges[0]!) / (edges.length - 1)];
  for (let i = 0; i < labels.length; i++) {
    // A bin has its upper edge, as what lies on the threshold is called real.
    const bin = Math.min(edges.length - 2, Math.max(0, Math.ceil((differences[i]! - first) / step - 1e-9) - 1));
    counts[labels[i]!]![bin]!++;
  }
  return classes.flatMap((name, label) =>
    edges.map((edge, index) => {
      const images = counts[label]![index]!;
      return {
        class: name,
        difference: edge,
        images,
        share: Number((images / (label === 0 ? real : fake)).toPrecision(6)),
      };
    }),
  );
}

interface PanelOptions extends HistogramOptions {
  readonly isLast: boolean;
  readonly several: boolean;
}

function panel(
  model: ModelScores,
  edges: readonly number[],
  { threshold, scale, isLast, several }: PanelOptions,
): Panel {
  const x = {
    field: 'difference',
    type: 'quantitative' as const,
    title: isLast ? 'Score of fake − score of real' : null,
    scale: { domain: [edges[0]!, edges.at(-1)!], nice: false, zero: false },
    axis: { grid: false },
  };
  const y = {
    field: scale === 'share' ? 'share' : 'images',
    type: 'quantitative' as const,
    title: scale === 'share' ? (several ? 'Share (%)' : 'Share of the class (%)') : 'Images',
    scale: { zero: true, nice: several ? 3 : 5 },
    axis: { tickCount: several ? 3 : 5, ...(scale === 'share' && { labelExpr: 'round(1000 * datum.value) / 10' }) },
    stack: null,
  };
  const by = {
    field: 'class',
    type: 'nominal' as const,
    title: null,
    legend: { orient: 'bottom' as const, symbolType: 'stroke', symbolSize: 700 },
  };
  const domain = [...classes];
  return {
    data: { values: rowsOf(model, edges) },
    width,
    height: panelHeight(several),
    layer: [
      ...(several ? [modelHeader(model, errorText(model, threshold))] : []),
      ...classes.map((name, label) => ({
        transform: [{ filter: `datum.class === '${name}'` }],
        mark: { type: 'area' as const, interpolate: 'step-after' as const, opacity: 0.3, fill: classColours[label]! },
        encoding: { x, y },
      })),
      {
        mark: { type: 'line', interpolate: 'step-after' },
        encoding: {
          ...{ x, y },
          color: { ...by, scale: { domain, range: [...classColours] } },
          strokeDash: { ...by, scale: { domain, range: [[...dashes[0]!], [5, 2.5]] } },
        },
      },
      ...thresholdRule(threshold, x.scale),
    ],
  };
}

const errorText = (model: ModelScores, threshold: number) => {
  const { falsePositives, falseNegatives } = errorsAt(model, threshold);
  return `${formatShare(falsePositives / model.real)} of real, ${formatShare(falseNegatives / model.fake)} of fake wrong`;
};

/** How many are on the wrong side; of several models, with which it is least. */
function finding({ models, split }: SplitScores, threshold: number): string {
  const where = `on the wrong side of ${threshold}`;
  const { best, names } = leadersOf(models, (model) => errorsAt(model, threshold).mean);
  const { falsePositives, falseNegatives } = errorsAt(best, threshold);
  const shares = `${formatShare(falsePositives / best.real)} of real and ${formatShare(falseNegatives / best.fake)} of fake images`;
  return models.length === 1
    ? `On ${split}, ${shares} are ${where}`
    : `On ${split}, fewest are ${where} with ${names}: ${shares}`;
}
