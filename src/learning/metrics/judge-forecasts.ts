import { meansUnder, type WeightedStatistic } from './arithmetic/weights.ts';
import type { Metric } from './metric-catalogue.ts';
import type { Forecasts } from './scores/forecasts.ts';

type Values = Readonly<Record<string, number>>;

/** A metric of one forecast, from the weights of a draw and the means over all images. */
interface Judge {
  readonly name: string;
  readonly judge: (weights: Uint8Array, means: Float64Array) => number;
}

/**
 * The metrics of several forecasts for the same images, under one weighting after another, by
 * name in the order of the rows. One pass over the images gives the means of all forecasts.
 *
 * @param rows Metrics that judge probabilities.
 * @param statisticOf Prepares a metric that is no mean over images.
 */
export function judgeForecasts<Scores extends Forecasts>(
  forecasts: readonly Scores[],
  rows: readonly Metric[],
  statisticOf: (row: Metric, scores: Scores) => WeightedStatistic,
): (weights: Uint8Array) => readonly Values[] {
  const columns: Float64Array[] = [];
  const judgeOf = (row: Metric, scores: Scores): Judge['judge'] => {
    if (row.ofImages === undefined) return statisticOf(row, scores);
    const position = columns.push(row.ofImages(scores)) - 1;
    return (_, means) => means[position]!;
  };
  const judges = forecasts.map((scores) =>
    rows.map((row): Judge => ({ name: row.name, judge: judgeOf(row, scores) })),
  );
  const meansOf = meansUnder(columns);
  return (weights) => {
    const means = meansOf(weights);
    return judges.map((metrics) => {
      const values = metrics.map(({ name, judge }) => [name, judge(weights, means)]);
      return Object.fromEntries(values) as Values;
    });
  };
}
