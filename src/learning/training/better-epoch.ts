import { betterFirst, type MetricName, metric } from '../metrics/metric-catalogue.ts';
import type { EpochRecord, SplitValues } from './history.ts';
import { selectionSplit } from './splits.ts';

/**
 * The better of two epochs by a metric on the validation split, accuracy where none is named, then
 * by its loss; the earlier of equal ones.
 */
export const betterOf = (earlier: EpochRecord, later: EpochRecord, by?: MetricName): EpochRecord =>
  isBetter(later.splits[selectionSplit]!, earlier.splits[selectionSplit]!, by) ? later : earlier;

/** The value of the metric that selects epochs; undefined where the split leaves it undefined. */
export const selectedValue = (
  { accuracy, selected }: SplitValues,
  by?: MetricName,
): number | undefined => (by === undefined ? accuracy : selected);

/** Whether a value of the metric that selects epochs is worse than another. */
export const isWorse = (value: number, than: number, by: MetricName = 'accuracy'): boolean =>
  value !== than && betterFirst(metric(by), value, than) > 0;

export function isBetter(values: SplitValues, than: SplitValues, by?: MetricName): boolean {
  const value = selectedValue(values, by);
  const reference = selectedValue(than, by);
  if (value === reference) return values.loss < than.loss;
  if (value === undefined || reference === undefined) return reference === undefined;
  return betterFirst(metric(by ?? 'accuracy'), value, reference) < 0;
}
