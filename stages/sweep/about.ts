/** What a sweep was about, and how its trials did. */
export interface About {
  /** The metric, without its split. */
  readonly by: string;
  readonly better: 'higher' | 'lower';
  /** How many of the best trials are marked. */
  readonly best: number;
  /** The rank of each trial, the best one 0. */
  readonly ranks: readonly number[];
}
