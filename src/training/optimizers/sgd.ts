import type { NamedTensorMap, Variable } from '@tensorflow/tfjs';
import { scalar, tidy, variable, zerosLike } from '@tensorflow/tfjs';
import type { SgdSettings } from '../optimizer-settings.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Stochastic gradient descent with momentum as PyTorch has it: u ← μ u + g, w ← w - η u (Sutskever et al. 2013 put η into
 * u, which differs when η changes). Without momentum it remembers nothing.
 */
export class Sgd implements Optimizer {
  learningRate: number;
  readonly #momentum: number;
  readonly #weights: readonly Variable[];
  readonly #velocities: readonly Variable[];

  constructor({ learningRate, momentum }: SgdSettings, weights: readonly Variable[]) {
    this.learningRate = learningRate;
    this.#momentum = momentum;
    this.#weights = weights;
    this.#velocities = momentum === 0 ? [] : weights.map((weight) => tidy(() => variable(zerosLike(weight), false)));
  }

  step(gradients: NamedTensorMap): void {
    tidy(() => {
      const [momentum, rate] = [scalar(this.#momentum), scalar(this.learningRate)];
      for (const [i, weight] of this.#weights.entries()) {
        const gradient = gradients[weight.name]!;
        const velocity = this.#velocities[i]?.mul(momentum).add(gradient) ?? gradient;
        weight.assign(weight.sub(velocity.mul(rate)));
        this.#velocities[i]?.assign(velocity);
      }
    });
  }

  dispose(): void {
    for (const velocity of this.#velocities) velocity.dispose();
  }
}
