import { type Form, intervalsOf, type Resampled } from './intervals/bootstrap.ts';
import type { Interval } from './intervals/interval.ts';
import { findMetric, formOf } from './metric-catalogue.ts';

/**
 * With fewer units that decide, such as the negatives up to a false positive rate, no interval
 * covers the truth.
 */
export const fewestDeciding = 2;

/**
 * The intervals of resampled metrics by the catalogue's facts about them; `level` is above 0 and
 * below 1. The ends are NaN where there are too few units, images or groups, for an interval that
 * covers the truth, and for a metric of which no interval does.
 *
 * @param forms What is known of how a metric varies here, beyond the catalogue.
 */
export function metricIntervals<Name extends string>(
  resampled: Resampled<Readonly<Record<Name, number>>>,
  level: number,
  forms: Readonly<Record<string, Form>> = {},
): Readonly<Record<Name, Interval>> {
  const { all, byClass } = resampled.units;
  const rarest = Math.min(...byClass.values());
  const decidingOf = (name: string): number => {
    const { rate } = findMetric(name) ?? {};
    return rate === undefined ? Number.POSITIVE_INFINITY : rate * (byClass.get(0) ?? 0);
  };
  const intervals = intervalsOf(resampled, level, (name) => ({
    ...formOf(name),
    deciding: decidingOf(name),
    ...forms[name],
  }));
  const entries = (Object.entries(intervals) as [Name, Interval][]).map(([name, interval]) => {
    const { perImage = false, needs } = findMetric(name) ?? {};
    const isKnown =
      (perImage ? all : rarest) >= (needs?.forInterval ?? 0) && decidingOf(name) >= fewestDeciding;
    return [name, isKnown ? interval : { ...interval, low: Number.NaN, high: Number.NaN }];
  });
  return Object.fromEntries(entries) as Record<Name, Interval>;
}
