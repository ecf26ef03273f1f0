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
  const [one, other] = [values, than].map(({ accuracy, selected }) =>
    by === undefined ? accuracy : selected,
  );
  if (one === other) return values.loss < than.loss;
  if (one === undefined || other === undefined) return other === undefined;
  return betterFirst(metric(by ?? 'accuracy'), one, other) < 0;
}
