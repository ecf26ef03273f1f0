import { findMetric } from '../metrics/metric-catalogue.ts';

/** What trials are compared by, and how they did. */
export interface About {
  /** The metric, without its split. */
  readonly by: string;
  /** Its split; empty for a number that is of none. */
  readonly on: string;
  readonly better: 'higher' | 'lower';
  /** How many of the best trials are marked. */
  readonly best: number;
  /** The rank of each trial, the best one 0. */
  readonly ranks: readonly number[];
  /** What a trial is, in the singular: `trial`, or `run`. */
  readonly noun: string;
}

/** `AUC on val`. */
export const resultTitle = ({ by, on }: Pick<About, 'by' | 'on'>): string =>
  (findMetric(by)?.title ?? by) + (on === '' ? '' : ` on ${on}`);
