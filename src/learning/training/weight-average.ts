import { scalar, tidy, type Variable, variable } from '@tensorflow/tfjs';
import type { StepMemory } from './optimizer.ts';

/**
 * The exponential moving average of weights over the steps of training (Polyak and Juditsky 1992,
 * "Acceleration of stochastic approximation by averaging"; with a decay as in Szegedy et al. 2016):
 *
 *     a ← a + (1 - d) / (1 - dᵗ) (w - a)
 *
 * The divisor, Adam's bias correction, makes it a mean of the steps alone: the random initial
 * weights have no part in it, so a short training is not held back by them. BatchNorm's moving
 * statistics are averaged too, so that they are of the same steps.
 */
export class WeightAverage implements StepMemory {
  readonly #decay: number;
  readonly #averages = new Map<Variable, Variable>();
  steps = 0;

  /** `decay` is from 0, the last step alone, to below 1. */
  constructor(decay: number) {
    this.#decay = decay;
  }

  /**
   * Averages these weights too from the next step on. They did not move until then, so they are
   * their own average.
   */
  follow(weights: readonly Variable[]): void {
    for (const weight of weights) {
      if (this.#averages.has(weight)) continue;
      this.#averages.set(
        weight,
        tidy(() => variable(weight.clone(), false)),
      );
    }
  }

  update(): void {
    this.steps++;
    const decay = this.#decay;
    tidy(() => {
      const share = scalar((1 - decay) / (1 - decay ** this.steps));
      for (const [weight, average] of this.#averages) {
        average.assign(average.add(weight.sub(average).mul(share)));
      }
    });
  }

  /** Exchanges the model's weights and the averages; a second call undoes it. */
  swap(): void {
    tidy(() => {
      for (const [weight, average] of this.#averages) {
        const moving = weight.clone();
        const mean = average.clone();
        weight.assign(mean);
        average.assign(moving);
      }
    });
  }

  /** The averages, in the order in which their weights were first followed. */
  get memory(): readonly Variable[] {
    return [...this.#averages.values()];
  }

  dispose(): void {
    for (const average of this.memory) average.dispose();
  }
}
