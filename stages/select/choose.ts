/** What models can be compared by. */
export const measures = ['accuracy', 'auc', 'loss'] as const;
export type Measure = (typeof measures)[number];

/** A model's values on the validation split; null or absent where undefined. */
export type Values = Readonly<Partial<Record<Measure, number | null>>>;

/** Which of some models is best. */
export interface Choice {
  /** Its place. */
  readonly best: number;
  /** The places of all that have its value, itself among them, in order: more than one is a tie. */
  readonly tied: readonly number[];
  /** What decided between those that are tied. */
  readonly decidedBy: 'loss' | 'order' | undefined;
}

/**
 * The best by one measure, highest but for the loss; of equal ones the one of lowest loss, then the first, as an epoch is
 * chosen in training. Undefined when none has a value.
 *
 * Example: accuracies 0.7, 0.8, 0.8 with losses 0.6, 0.5, 0.4 choose the third, tied with the second.
 */
export function choose(models: readonly Values[], by: Measure): Choice | undefined {
  const scores = models.map((values) => score(values, by));
  const highest = Math.max(...scores);
  if (highest === Number.NEGATIVE_INFINITY) return undefined;
  const tied = [...models.keys()].filter((index) => scores[index] === highest);
  const lossScores = tied.map((index) => score(models[index]!, 'loss'));
  const least = Math.max(...lossScores);
  const leaders = tied.filter((_, index) => lossScores[index] === least);
  const decidedBy = tied.length === 1 ? undefined : leaders.length === 1 ? 'loss' : 'order';
  return { best: leaders[0]!, tied, decidedBy };
}

/** Higher is better; what has no value is behind all others. */
function score(values: Values, by: Measure): number {
  const value = values[by] ?? Number.NaN;
  if (Number.isNaN(value)) return Number.NEGATIVE_INFINITY;
  return by === 'loss' ? -value : value;
}
