import type { Fitted } from '../../src/learning/metrics/split-statistics.ts';
import type { DetectedSplit } from './detector.ts';
import type { Evaluation } from './evaluation.ts';

/** The content of the `metrics` output where there are two classes. */
export type DetectedEvaluation = Omit<Evaluation, 'splits' | 'fittedOnVal'> & {
  readonly fittedOnVal?: Fitted;
  readonly splits: Readonly<
    Record<string, DetectedSplit & { readonly real: number; readonly fake: number }>
  >;
};
