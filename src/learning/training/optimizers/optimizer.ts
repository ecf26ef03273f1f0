import type { NamedTensorMap } from '@tensorflow/tfjs';

/** Moves weights against their gradients, with a memory of earlier steps. */
export interface Optimizer {
  /** Of the next step; a schedule changes it between steps. */
  learningRate: number;
  /** One step: assigns new values to the weights. `gradients` are by weight name; they stay the caller's. */
  step(gradients: NamedTensorMap): void;
  /** Frees the memory of earlier steps. */
  dispose(): void;
}
