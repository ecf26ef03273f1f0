import type { TopLevelSpec } from 'vega-lite';
import { formatShare, toDigits } from '../../../src/format-numbers.ts';
import { withLabels } from '../../../src/learning/charts/chart-title.ts';
import {
  chart,
  type Domain,
  domainOf,
  inPercent,
  type Part,
  panelHeader,
  quantity,
  ruleAt,
} from '../../../src/learning/charts/encoders.ts';
import { lineLayers } from '../../../src/learning/charts/line-layers.ts';
import { type Point, simplifyLine } from '../../../src/learning/charts/simplify-line.ts';
import { classColours, ink } from '../../../src/learning/charts/theme.ts';
import { equalErrorRate } from '../../../src/learning/metrics/ranking/chosen-thresholds.ts';
import {
  countAtThresholds,
  type ThresholdCounts,
} from '../../../src/learning/metrics/ranking/threshold-counts.ts';
import { selectionSplit } from '../../../src/learning/training/splits.ts';
import {
  countsOf,
  drawScores,
  panelHeight,
  type SplitScores,
  type ThresholdOptions,
  width,
} from './draw-scores.ts';

type Rates = readonly [string, string];

/**
 * Both error rates against the threshold from which on an image is called positive, where they are
 * equal marked; a panel for each model. The threshold of equal errors is named on the validation
 * split alone: one is not chosen by the images it is judged on.
 */
export function errorsChart(
  { models, split, shared }: SplitScores,
  { threshold, title }: ThresholdOptions,
): TopLevelSpec {
  const domain = domainOf([threshold, ...models.flatMap(({ differences }) => [...differences])]);
  const several = models.length > 1;
  const [negative, positive] = models[0]!.sides;
  const rates: Rates = [
    `false positives: ${negative} called ${positive}`,
    `false negatives: ${positive} called ${negative}`,
  ];
  const counted = models.map(({ name, labels, differences }) => {
    const counts = countAtThresholds(labels, differences);
    const equal = equalErrorRate(counts);
    const at = split === selectionSplit ? ` at ${format(equal.threshold)}` : '';
    return { name, counts, equal, text: formatShare(equal.rate) + at };
  });
  const { equal, text } = counted[0]!;
  const rate = several ? '' : `equal at ${formatShare(equal.rate)}`;
  const isSaid = title === undefined && split !== selectionSplit; // by the title
  const marked = several || isSaid ? '' : ` ${text}`;
  return chart(
    title ?? withLabels(`Error rates by threshold on ${split}`, shared, rate),
    `${countsOf(models)}; point: equal error rate${marked}; line: threshold ${format(threshold)}`,
    width + 50,
    {
      spacing: 14,
      vconcat: counted.map((errors, index) =>
        panel(
          { ...errors, rates, measure: `score of ${positive} − score of ${negative}` },
          domain,
          threshold,
          [index === models.length - 1, several],
        ),
      ),
    },
  );
}

export const draw = drawScores(errorsChart);

interface Counted {
  readonly name: string;
  readonly counts: ThresholdCounts;
  readonly equal: ReturnType<typeof equalErrorRate>;
  /** The equal error rate, and on the validation split its threshold: `25.0 % at −0.5`. */
  readonly text: string;
  readonly rates: Rates;
  /** What images are ranked by. */
  readonly measure: string;
}

function panel(
  { name, counts, equal, text, rates, measure }: Counted,
  domain: Domain,
  threshold: number,
  [isLast, several]: readonly [boolean, boolean],
): Part {
  const x = quantity('threshold', isLast ? `Threshold of ${measure}` : null, {
    domain,
    grid: false,
  });
  const y = quantity('rate', 'Error rate (%)', {
    domain: [0, 1],
    tickCount: several ? 3 : 5,
    ...inPercent,
  });
  const point = { type: 'point', size: 70, color: ink.strong, opacity: 1 };
  return {
    data: { values: rowsOf(counts, domain, rates) },
    width,
    height: panelHeight(several),
    layer: [
      ...(several ? [panelHeader(name, `: EER ${text}`, width)] : []),
      ruleAt('x', threshold, x, { color: ink.strong, strokeDash: [] }),
      ...lineLayers(rates, {
        x,
        y,
        colours: classColours,
        legend: { width },
        order: 'place',
        tooltip: { x: `Threshold of ${measure}` },
      }),
      {
        data: { values: [{ threshold: equal.threshold, rate: equal.rate }] },
        mark: point,
        encoding: { x, y },
      },
    ],
  };
}

/** Both rates as step lines across the whole panel, simplified by what cannot be seen. */
function rowsOf(counts: ThresholdCounts, [first, last]: Domain, rates: Rates) {
  const { thresholds, falsePositives, truePositives, positives, negatives } = counts;
  const lines: readonly Point[][] = [[{ x: last, y: 0 }], [{ x: last, y: 1 }]];
  for (let i = 0; i < thresholds.length; i++) {
    const at = [falsePositives[i]! / negatives, 1 - truePositives[i]! / positives];
    for (const [index, line] of lines.entries()) {
      // A rate holds from just above the next lower score up to this one.
      line.push({ x: thresholds[i]!, y: line.at(-1)!.y }, { x: thresholds[i]!, y: at[index]! });
    }
  }
  // In units of the picture, in which a tenth cannot be seen.
  const across = width / (last - first);
  const up = panelHeight(false);
  return lines.flatMap((line, index) => {
    const closed = [...line, { x: first, y: line.at(-1)!.y }].map(({ x, y }) => ({
      x: (x - first) * across,
      y: y * up,
    }));
    return simplifyLine(closed, 0.1).map(({ x, y }, place) => ({
      series: rates[index]!,
      place,
      threshold: Number((first + x / across).toPrecision(6)),
      rate: Number((y / up).toPrecision(6)),
    }));
  });
}

const format = (value: number) => String(Number(toDigits(value, 3))).replace('-', '−');
