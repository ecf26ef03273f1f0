import { betterFirst, type MetricName, metric } from '../metrics/metric-catalogue.ts';
import type { EpochRecord, SplitValues } from './history.ts';
import { selectionSplit } from './splits.ts';

/**
 * The better of two epochs by a metric on the validation split, accuracy where none is named, then
 * by its loss; the earlier of equal ones.
 */
export const betterOf = (earlier: EpochRecord, later: EpochRecord, by?: MetricName): EpochRecord =>
  isBetter(later.splits[selectionSplit]!, earlier.splits[selectionSplit]!, by) ? later : earlier;

export function isBetter(values: SplitValues, than: SplitValues, by?: MetricName): boolean {
  const measured = ({ accuracy, selected }: SplitValues) =>
    by === undefined ? accuracy : selected;
  const value = measured(values);
  const reference = measured(than);
  if (value === reference) return values.loss < than.loss;
  if (value === undefined || reference === undefined) return reference === undefined;
  return betterFirst(metric(by ?? 'accuracy'), value, reference) < 0;
}
