import type { NamedTensorMap, Variable } from '@tensorflow/tfjs';
import { scalar, tidy, variable, zerosLike } from '@tensorflow/tfjs';
import type { AdamSettings } from '../optimizer-settings.ts';
import type { StepMemory } from '../step-memory.ts';
import type { Optimizer } from './optimizer.ts';

interface Moments {
  readonly weight: Variable;
  /** m / (1 - β1), shaped as the weight. */
  readonly first: Variable;
  /** v / (1 - β2), shaped as the weight. */
  readonly second: Variable;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1), with ε where PyTorch has it: after the bias correction.
 *
 *     m ← β1 m + (1 - β1) g      v ← β2 v + (1 - β2) g²      w ← w - η (m / (1 - β1ᵗ)) / (√(v / (1 - β2ᵗ)) + ε)
 *
 * Weight decay λ adds λ w to the gradient; that of AdamW (Loshchilov and Hutter 2019, "Decoupled weight decay
 * regularization") takes η λ w off the weight instead, which the moments then know nothing of.
 *
 * The moments are kept without their factors (1 - β), which go into the step's scalars: three passes fewer over all
 * weights, and these passes are a good part of a step. The scalars are tensors, not attributes of operations, so that a
 * backend that compiles a step compiles one for all.
 */
export class Adam implements Optimizer, StepMemory {
  learningRate: number;
  readonly #settings: AdamSettings;
  readonly #moments: readonly Moments[];
  steps = 0;

  constructor(settings: AdamSettings, weights: readonly Variable[]) {
    this.learningRate = settings.learningRate;
    this.#settings = settings;
    const zeros = (weight: Variable) => tidy(() => variable(zerosLike(weight), false));
    this.#moments = weights.map((weight) => ({ weight, first: zeros(weight), second: zeros(weight) }));
  }

  step(gradients: NamedTensorMap): void {
    this.steps++;
    const { kind, beta1, beta2, epsilon, weightDecay = 0 } = this.#settings;
    // √(v / (1 - β2ᵗ)) = √second · root.
    const root = Math.sqrt((1 - beta2) / (1 - beta2 ** this.steps));
    const rate = (this.learningRate * (1 - beta1)) / (1 - beta1 ** this.steps) / root;
    tidy(() => {
      const [decay1, decay2, size, floor] = [scalar(beta1), scalar(beta2), scalar(rate), scalar(epsilon / root)];
      const added = kind === 'adam' && weightDecay > 0 ? scalar(weightDecay) : undefined;
      const left = kind === 'adamw' && weightDecay > 0 ? scalar(1 - this.learningRate * weightDecay) : undefined;
      for (const { weight, first, second } of this.#moments) {
        const pure = gradients[weight.name]!;
        const gradient = added === undefined ? pure : pure.add(weight.mul(added));
        const newFirst = first.mul(decay1).add(gradient);
        const newSecond = second.mul(decay2).add(gradient.square());
        const change = newFirst.div(newSecond.sqrt().add(floor)).mul(size);
        weight.assign((left === undefined ? weight : weight.mul(left)).sub(change));
        first.assign(newFirst);
        second.assign(newSecond);
      }
    });
  }

  get memory(): readonly Variable[] {
    return this.#moments.flatMap(({ first, second }) => [first, second]);
  }

  dispose(): void {
    for (const moment of this.memory) moment.dispose();
  }
}
