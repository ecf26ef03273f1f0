import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs';
import { scalar, tidy, variable, zerosLike } from '@tensorflow/tfjs';
import type { SgdSettings } from '../optimizer-settings.ts';
import type { StepMemory } from '../step-memory.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Stochastic gradient descent with momentum as PyTorch has it: u ← μ u + g, w ← w - η u (Sutskever et al. 2013 put η into
 * u, which differs when η changes). With Nesterov's form of it, w ← w - η (g + μ u). Weight decay λ adds λ w to g. Without
 * momentum it remembers nothing.
 */
export class Sgd implements Optimizer, StepMemory {
  learningRate: number;
  steps = 0;
  readonly #settings: SgdSettings;
  readonly #weights: readonly Variable[];
  readonly memory: readonly Variable[];

  constructor(settings: SgdSettings, weights: readonly Variable[]) {
    this.learningRate = settings.learningRate;
    this.#settings = settings;
    this.#weights = weights;
    const zeros = (weight: Variable) => tidy(() => variable(zerosLike(weight), false));
    this.memory = settings.momentum === 0 ? [] : weights.map(zeros);
  }

  step(gradients: NamedTensorMap): void {
    this.steps++;
    const { nesterov = false, weightDecay = 0 } = this.#settings;
    tidy(() => {
      const [momentum, rate] = [scalar(this.#settings.momentum), scalar(this.learningRate)];
      const decay = weightDecay > 0 ? scalar(weightDecay) : undefined;
      for (const [i, weight] of this.#weights.entries()) {
        const pure = gradients[weight.name]!;
        const gradient = decay === undefined ? pure : pure.add(weight.mul(decay));
        const velocity: Tensor = this.memory[i]?.mul(momentum).add(gradient) ?? gradient;
        const step = nesterov ? gradient.add(velocity.mul(momentum)) : velocity;
        weight.assign(weight.sub(step.mul(rate)));
        this.memory[i]?.assign(velocity);
      }
    });
  }

  dispose(): void {
    for (const velocity of this.memory) velocity.dispose();
  }
}
