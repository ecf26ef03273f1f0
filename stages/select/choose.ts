import { betterFirst, type MetricName, metric } from '../../src/learning/metrics/metric-catalogue.ts';

/** The measures that tables of models show, whatever they are chosen by. */
export const measures = ['accuracy', 'auc', 'loss'] as const;

/** A model's values on the validation split; null or absent where undefined. */
export type Values = Readonly<Partial<Record<MetricName, number | null>>>;

export type Choice = NonNullable<ReturnType<typeof choose>>;

/**
 * The index of the best model by one metric of the catalogue. Ties go to the lowest loss, then to the first, as epochs do in training;
 * `tied` are the indices of all models with the best value, itself among them. `ranking` has the indices of all models with a value,
 * the best first, in the same order. Undefined when no model has a value.
 *
 * Example: accuracies 0.7, 0.8, 0.8 with losses 0.6, 0.5, 0.4 choose the third, tied with the second.
 */
export function choose(models: readonly Values[], by: MetricName) {
  const compare = (name: MetricName) => (one: number, other: number) => {
    const [a, b] = [models[one]![name] ?? Number.NaN, models[other]![name] ?? Number.NaN];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b)); // a missing value comes last
    return betterFirst(metric(name), a, b);
  };
  const [byMetric, byLoss] = [compare(by), compare('loss')];
  const valued = [...models.keys()].filter((index) => !Number.isNaN(models[index]![by] ?? Number.NaN));
  const ranking = valued.toSorted((one, other) => byMetric(one, other) || byLoss(one, other) || one - other);
  const [best] = ranking;
  if (best === undefined) return undefined;
  const tied = valued.filter((index) => byMetric(index, best) === 0);
  const leaders = tied.filter((index) => byLoss(index, best) === 0);
  const decidedBy: 'loss' | 'order' | undefined =
    tied.length === 1 ? undefined : leaders.length === 1 ? 'loss' : 'order';
  return { best, tied, decidedBy, ranking };
}
