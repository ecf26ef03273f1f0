import type { TopLevelSpec } from 'vega-lite';
import { defaultNames, negativeName, positiveName } from '../../../src/default-class-names.ts';
import { formatDecimal, formatShare } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import {
  type Axes,
  chart,
  inPercent,
  type Part,
  panelHeader,
  quantity,
  ruleAt,
} from '../../../src/learning/charts/encoders.ts';
import { lineLayers } from '../../../src/learning/charts/line-layers.ts';
import { classColours, ink } from '../../../src/learning/charts/theme.ts';
import {
  inRow,
  intervalOf,
  nearestTooltip,
  numberText,
  shareText,
} from '../../../src/learning/charts/tooltips.ts';
import { auc } from '../../../src/learning/metrics/ranking/auc.ts';
import { countAtThresholds } from '../../../src/learning/metrics/ranking/threshold-counts.ts';
import { countTitles } from './count-tooltip.ts';
import {
  confusionAbove,
  countsOf,
  drawScores,
  type ModelScores,
  panelHeight,
  type ScoresOptions,
  type SplitScores,
  width,
} from './draw-scores.ts';

/**
 * How the difference of the scores is distributed in each class, a panel for each model, on one
 * axis.
 */
export function histogramChart(
  { models, split, shared }: SplitScores,
  options: ScoresOptions,
): TopLevelSpec {
  const { title = withLabels(`Score differences by class on ${split}`, shared), threshold } =
    options;
  const edges = binEdges(models, options);
  const several = models.length > 1;
  const { labels, differences, unit } = models[0]!;
  const area = `AUC ${formatDecimal(auc(countAtThresholds(labels, differences)))}`;
  const facts = several ? [] : [area, `wrong: ${wrongText(models[0]!, threshold)}`];
  const subtitle = [
    countsOf(models),
    ...facts,
    `right of the line ${unit === 'image' ? 'an' : 'a'} ${unit} is called ${models[0]!.sides[1]}`,
  ].join('; ');
  return chart(title, subtitle, width + 50, {
    spacing: 14,
    vconcat: models.map((model, index) =>
      panel(model, edges, options, [index === models.length - 1, several]),
    ),
  });
}

export const draw = drawScores(histogramChart);

/**
 * Edges of bins of a round width; the threshold is one of them, so that no bar lies on both of its
 * sides.
 */
function binEdges(
  models: readonly ModelScores[],
  { bins, threshold }: ScoresOptions,
): readonly number[] {
  let low = threshold;
  let high = threshold;
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
function rowsOf(
  { labels, differences, negative, positive, sides }: ModelScores,
  edges: readonly number[],
) {
  const counts = sides.map(() => new Float64Array(edges.length));
  const first = edges[0]!;
  const step = (edges.at(-1)! - edges[0]!) / (edges.length - 1);
  for (let i = 0; i < labels.length; i++) {
    // A bin has its upper edge, as what lies on the threshold is called negative.
    const bin = Math.min(
      edges.length - 2,
      Math.max(0, Math.ceil((differences[i]! - first) / step - 1e-9) - 1),
    );
    counts[labels[i]!]![bin]!++;
  }
  return sides.flatMap((series, label) =>
    edges.map((difference, index) => {
      const images = counts[label]![index]!;
      const share = Number((images / (label === 0 ? negative : positive)).toPrecision(6));
      return { series, difference, images, share };
    }),
  );
}

function panel(
  model: ModelScores,
  edges: readonly number[],
  { threshold, scale }: ScoresOptions,
  [isLast, several]: readonly [boolean, boolean],
): Part {
  const inShares = scale === 'share';
  const { sides } = model;
  const x = quantity('difference', isLast ? `Score of ${sides[1]} − score of ${sides[0]}` : null, {
    domain: [edges[0]!, edges.at(-1)!],
    grid: false,
  });
  const y = quantity(
    inShares ? 'share' : 'images',
    inShares ? 'Share (%)' : countTitles[model.unit],
    {
      scale: { zero: true, nice: several ? 3 : 5 },
      tickCount: several ? 3 : 5,
      ...(inShares && inPercent),
    },
  );
  return {
    data: { values: rowsOf(model, edges) },
    width,
    height: panelHeight(several),
    layer: [
      ...(several
        ? [panelHeader(model.name, `: ${wrongText(model, threshold)} wrong`, width)]
        : []),
      ...sides.map((name, label) => ({
        transform: [{ filter: `datum.series === '${name.replace(/['\\]/g, '\\$&')}'` }],
        mark: { type: 'area', interpolate: 'step-after', opacity: 0.3, fill: classColours[label]! },
        encoding: { x, y: { ...y, stack: null } },
      })),
      ...lineLayers(sides, {
        x,
        y,
        colours: classColours,
        legend: { width },
        mark: { interpolate: 'step-after' },
        tooltip: null,
      }),
      ruleAt('x', threshold, x, { color: ink.strong, strokeDash: [] }),
      binTooltip(model, edges, { x, y }),
    ],
  };
}

/** What the bin at the pointer holds of each class. */
function binTooltip(model: ModelScores, edges: readonly number[], { x, y }: Axes): Part {
  const binsOf = (label: 0 | 1) =>
    rowsOf(model, edges).filter(({ series }) => series === model.sides[label]);
  const negatives = binsOf(0);
  const positives = binsOf(1);
  const values = edges.slice(0, -1).map((low, bin) => ({
    middle: (low + edges[bin + 1]!) / 2,
    low,
    high: edges[bin + 1]!,
    [negativeName]: negatives[bin]!.images,
    [shareField(negativeName)]: negatives[bin]!.share,
    [positiveName]: positives[bin]!.images,
    [shareField(positiveName)]: positives[bin]!.share,
  }));
  const countOf = (name: string) =>
    `${numberText(inRow(name))} + ' (' + ${shareText(inRow(shareField(name)))} + ')'`;
  const difference = `Score of ${model.sides[1]} − score of ${model.sides[0]}`;
  const rows = [
    intervalOf(x, difference),
    ...defaultNames.map((name, label) => ({
      title: `${model.sides[label]} ${model.unit}s`,
      text: countOf(name),
    })),
  ];
  const top = { ...y, field: shareField(negativeName) };
  return nearestTooltip(rows, {
    data: { values },
    along: ['x'],
    isMarked: false,
    x: { ...x, field: 'middle' },
    y: top,
  });
}

/** The field of a class's share, beside that of its number of images. */
const shareField = (name: string): string => `${name}Share`;

const wrongText = (model: ModelScores, threshold: number): string => {
  const { falsePositives, falseNegatives } = confusionAbove(model, threshold);
  return `${formatShare(falsePositives / model.negative)} of ${model.sides[0]}, ${formatShare(falseNegatives / model.positive)} of ${model.sides[1]}`;
};
