export const measures = ['accuracy', 'auc', 'loss'] as const;
export type Measure = (typeof measures)[number];

/** A model's values on the validation split; null or absent where undefined. */
export type Values = Readonly<Partial<Record<Measure, number | null>>>;

export type Choice = NonNullable<ReturnType<typeof choose>>;

/**
 * The index of the best model by one measure: the highest value, but the lowest loss. Ties go to the lowest loss, then to the
 * first, as epochs do in training; `tied` are the indices of all models with the best value, itself among them. Undefined when
 * no model has a value.
 *
 * Example: accuracies 0.7, 0.8, 0.8 with losses 0.6, 0.5, 0.4 choose the third, tied with the second.
 */
export function choose(models: readonly Values[], by: Measure) {
  const scores = models.map((values) => score(values, by));
  const highest = Math.max(...scores);
  if (highest === Number.NEGATIVE_INFINITY) return undefined;
  const tied = [...models.keys()].filter((index) => scores[index] === highest);
  const lossScores = tied.map((index) => score(models[index]!, 'loss'));
  const least = Math.max(...lossScores);
  const leaders = tied.filter((_, index) => lossScores[index] === least);
  const decidedBy: 'loss' | 'order' | undefined =
    tied.length === 1 ? undefined : leaders.length === 1 ? 'loss' : 'order';
  return { best: leaders[0]!, tied, decidedBy };
}

/** Higher is better; a missing value comes last. */
function score(values: Values, by: Measure): number {
  const value = values[by] ?? Number.NaN;
  if (Number.isNaN(value)) return Number.NEGATIVE_INFINITY;
  return by === 'loss' ? -value : value;
}
