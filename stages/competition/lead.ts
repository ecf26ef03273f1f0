import type { PairedDifference } from '../../src/learning/metrics/comparison/paired-difference.ts';

/** By how much the winner's score is above the second's, on the same images. */
export interface Lead extends PairedDifference {
  /** The second's name. */
  readonly over: string;
}

/** Whether other images would likely have the same winner; not where it is unknown. */
export const isTold = ({ p }: Lead, confidence: number): boolean => p < 1 - confidence;
