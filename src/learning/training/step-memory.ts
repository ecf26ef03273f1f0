import type { Variable } from '@tensorflow/tfjs';

/** What remembers the steps of training, such as a mean of gradients: with both put back, it goes on as if never away. */
export interface StepMemory {
  /** Steps so far. */
  steps: number;
  /** What is left of them, in an order of its own that is always the same. */
  readonly memory: readonly Variable[];
}
