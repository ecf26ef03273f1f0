import type { TopLevelSpec } from 'vega-lite';
import { formatShare } from '../../../src/format-numbers.ts';
import { chartTitle, withLabels } from '../../../src/learning/charts/chart-title.ts';
import { type Point, simplifyLine } from '../../../src/learning/charts/simplify-line.ts';
import { classColours, dashes, ink } from '../../../src/learning/charts/theme.ts';
import { equalErrorRate } from '../../../src/learning/metrics/ranking/chosen-thresholds.ts';
import { countAtThresholds } from '../../../src/learning/metrics/ranking/threshold-counts.ts';
import { selectionSplit } from '../../../src/learning/training/split-names.ts';
import type { ModelScores, SplitScores } from './read-scores.ts';
import { countsOf, modelHeader, panelHeight, thresholdRule, width } from './scores-panels.ts';

type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

const rates = ['false positives: real called fake', 'false negatives: fake called real'] as const;

interface Options {
  readonly threshold: number;
  readonly title?: string | undefined;
}

/**
 * Both error rates against the threshold from which on an image is called fake, where they are equal marked; a panel for each
 * model. The threshold of equal errors is named on the validation split alone, since one is not chosen by the images that it
 * is judged on.
 */
export function errorsChart(scores: SplitScores, { threshold, title }: Options): TopLevelSpec {
  const { models, shared } = scores;
  const all = models.flatMap(({ differences }) => [min(differences), max(differences)]);
  const [low, high] = [Math.min(threshold, ...all), Math.max(threshold, ...all)];
  const margin = (high - low || 1) * 0.03;
  const domain: [number, number] = [low - margin, high + margin];
  return {
    title: chartTitle(
      title ?? withLabels(finding(scores), shared),
      `${countsOf(models)}; point: equal error rate; line: threshold ${format(threshold)}`,
      width + 50,
    ),
    spacing: 14,
    vconcat: models.map((model, index) =>
      panel(model, {
        domain,
        threshold,
        isLast: index === models.length - 1,
        several: models.length > 1,
        isChosen: isChosenOn(scores.split),
      }),
    ),
  };
}

interface PanelOptions {
  readonly domain: [number, number];
  readonly threshold: number;
  readonly isLast: boolean;
  readonly several: boolean;
  readonly isChosen: boolean;
}

function panel(model: ModelScores, { domain, threshold, isLast, several, isChosen }: PanelOptions): Panel {
  const equal = equalErrorRate(countAtThresholds(model.labels, model.differences));
  const told = `EER ${formatShare(equal.rate)}${isChosen ? ` at ${format(equal.threshold)}` : ''}`;
  const scale = { domain, nice: false, zero: false };
  const x = {
    field: 'threshold',
    type: 'quantitative' as const,
    title: isLast ? 'Threshold of score of fake − score of real' : null,
    scale,
    axis: { grid: false },
  };
  const y = {
    field: 'rate',
    type: 'quantitative' as const,
    title: 'Error rate (%)',
    scale: { domain: [0, 1] },
    axis: { labelExpr: '100 * datum.value', tickCount: several ? 3 : 5 },
  };
  const by = {
    field: 'error',
    type: 'nominal' as const,
    title: null,
    legend: {
      orient: 'bottom' as const,
      direction: 'vertical' as const,
      symbolType: 'stroke',
      symbolSize: 700,
      labelLimit: 380,
    },
  };
  const names = [...rates];
  const isRight = equal.threshold > (domain[0] + domain[1]) / 2;
  const point = { data: { values: [{ threshold: equal.threshold, rate: equal.rate, text: told }] } };
  return {
    data: { values: rowsOf(model, domain) },
    width,
    height: panelHeight(several),
    layer: [
      ...(several ? [modelHeader(model, told)] : []),
      ...thresholdRule(threshold, scale),
      {
        mark: { type: 'line' },
        encoding: {
          ...{ x, y },
          order: { field: 'place' },
          color: { ...by, scale: { domain: names, range: [...classColours] } },
          strokeDash: { ...by, scale: { domain: names, range: [[...dashes[0]!], [5, 2.5]] } },
        },
      },
      { ...point, mark: { type: 'point', size: 70, color: ink.strong, opacity: 1 }, encoding: { x, y } },
      ...(several
        ? []
        : [
            {
              ...point,
              mark: {
                type: 'text' as const,
                align: isRight ? ('right' as const) : ('left' as const),
                dx: isRight ? -12 : 12,
                fontWeight: 'bold' as const,
              },
              encoding: { x, y, text: { field: 'text', type: 'nominal' as const } },
            },
          ]),
    ],
  };
}

/** Both rates as lines of steps, from the left of the picture to its right, without what cannot be seen. */
function rowsOf({ labels, differences }: ModelScores, [first, last]: readonly [number, number]) {
  const { thresholds, falsePositives, truePositives, positives, negatives } = countAtThresholds(labels, differences);
  const lines: readonly Point[][] = [[{ x: last, y: 0 }], [{ x: last, y: 1 }]];
  for (let i = 0; i < thresholds.length; i++) {
    const at = [falsePositives[i]! / negatives, 1 - truePositives[i]! / positives];
    for (const [index, line] of lines.entries()) {
      // A rate holds from just above the next lower score up to this one.
      line.push({ x: thresholds[i]!, y: line.at(-1)!.y }, { x: thresholds[i]!, y: at[index]! });
    }
  }
  const scale = width / (last - first);
  return lines.flatMap((line, index) => {
    const closed = [...line, { x: first, y: line.at(-1)!.y }].map(({ x, y }) => ({
      x: (x - first) * scale,
      y: y * panelHeight(false),
    }));
    return simplifyLine(closed, 0.1).map(({ x, y }, place) => ({
      error: rates[index]!,
      place,
      threshold: Number((first + x / scale).toPrecision(6)),
      rate: Number((y / panelHeight(false)).toPrecision(6)),
    }));
  });
}

/** The equal error rate; of several models, the lowest. */
function finding({ models, split }: SplitScores): string {
  const all = models.map(({ name, labels, differences }) => ({
    name,
    ...equalErrorRate(countAtThresholds(labels, differences)),
  }));
  const lowest = all.sort((a, b) => a.rate - b.rate)[0]!;
  if (models.length > 1) return `Lowest equal error rate on ${split}: ${lowest.name}, ${formatShare(lowest.rate)}`;
  const at = isChosenOn(split) ? `, at the threshold ${format(lowest.threshold)}` : '';
  return `Equal error rate ${formatShare(lowest.rate)} on ${split}${at}`;
}

const isChosenOn = (split: string) => split === selectionSplit;

const format = (value: number) => String(Number(value.toPrecision(3))).replace('-', '−');
const min = (values: Float64Array) => values.reduce((least, value) => Math.min(least, value), Infinity);
const max = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), -Infinity);
