import type { Variable } from '@tensorflow/tfjs';
import { scalar, tidy, variable } from '@tensorflow/tfjs';
import type { StepMemory } from './step-memory.ts';

interface Followed {
  readonly weight: Variable;
  readonly average: Variable;
}

/**
 * The running mean of weights over the steps of training, in which each counts `decay` times as much as the one after it
 * (Polyak and Juditsky 1992, "Acceleration of stochastic approximation by averaging"; with such a decay as in Szegedy et al.
 * 2016):
 *
 *     a ← a + (1 - d) / (1 - dᵗ) (w - a)
 *
 * The divisor, which is Adam's bias correction, makes it a mean from the first step on: what was before that has no part
 * in it, so a short training is not held back by its random beginning.
 *
 * BatchNorm's moving statistics are averaged as the weights are, so that they are those of the same steps.
 */
export class WeightAverage implements StepMemory {
  readonly #decay: number;
  readonly #followed: Followed[] = [];
  steps = 0;

  /** `decay` is from 0, the last step alone, to below 1. */
  constructor(decay: number) {
    this.#decay = decay;
  }

  /** Averages these weights too from the next step on. Until then they did not move: they are their own average. */
  follow(weights: readonly Variable[]): void {
    const known = new Set(this.#followed.map(({ weight }) => weight));
    for (const weight of weights) {
      if (known.has(weight)) continue;
      this.#followed.push({ weight, average: tidy(() => variable(weight.clone(), false)) });
    }
  }

  /** Counts a step that the weights just made. */
  update(): void {
    this.steps++;
    const decay = this.#decay;
    tidy(() => {
      const share = scalar((1 - decay) / (1 - decay ** this.steps));
      for (const { weight, average } of this.#followed) {
        average.assign(average.add(weight.sub(average).mul(share)));
      }
    });
  }

  /** Puts the averages into the model and keeps its weights instead; a second time, back again. */
  swap(): void {
    tidy(() => {
      for (const { weight, average } of this.#followed) {
        const [moving, mean] = [weight.clone(), average.clone()];
        weight.assign(mean);
        average.assign(moving);
      }
    });
  }

  /** The averages, in the order in which their weights were first followed. */
  get memory(): readonly Variable[] {
    return this.#followed.map(({ average }) => average);
  }

  dispose(): void {
    for (const average of this.memory) average.dispose();
  }
}
