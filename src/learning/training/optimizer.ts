import {
  type NamedTensorMap,
  scalar,
  type Tensor,
  tidy,
  type Variable,
  variable,
  zerosLike,
} from '@tensorflow/tfjs';
import type { OptimizerSettings } from './training-settings.ts';

/**
 * Part of training that remembers earlier steps, such as a mean of gradients. Restoring both fields
 * resumes it exactly.
 */
export interface StepMemory {
  steps: number;
  /** The memory of these steps, always in the same order. */
  readonly memory: readonly Variable[];
}

/**
 * Moves weights against their gradients. Weights are added in groups, as layers are unfrozen. Each
 * group counts its own steps, so that Adam corrects the bias of its moments by the steps that they
 * have seen, as PyTorch does.
 */
export class Optimizer {
  /** The rate of the next step; a schedule changes it between steps. */
  learningRate: number;
  readonly #rule: UpdateRule;
  readonly #groups: Group[] = [];

  constructor(settings: OptimizerSettings, weights: readonly Variable[] = []) {
    this.learningRate = settings.learningRate;
    this.#rule = settings.kind === 'sgd' ? sgd(settings) : adam(settings);
    this.add(weights);
  }

  /** Adds those that it does not have; `factor` multiplies their learning rate. */
  add(weights: readonly Variable[], factor = 1): void {
    const known = new Set(this.#groups.flatMap((group) => group.weights));
    const added = weights.filter((weight) => !known.has(weight));
    if (added.length === 0) return;
    const zeros = (weight: Variable) => tidy(() => variable(zerosLike(weight), false));
    const memory = added.flatMap((weight) =>
      Array.from({ length: this.#rule.memories }, () => zeros(weight)),
    );
    this.#groups.push({ weights: added, memory, steps: 0, factor });
  }

  /** One for each group, in the order in which they were added. */
  get memories(): readonly StepMemory[] {
    return this.#groups;
  }

  /**
   * One step: assigns new values to the weights. `gradients` are by weight name; the caller
   * disposes of them.
   */
  step(gradients: NamedTensorMap): void {
    const { memories, updateAt } = this.#rule;
    for (const group of this.#groups) {
      group.steps++;
      tidy(() => {
        const update = updateAt(this.learningRate * group.factor, group.steps);
        for (const [i, weight] of group.weights.entries()) {
          const weightMemory = group.memory.slice(i * memories, (i + 1) * memories);
          const [newWeight, ...newMemory] = update(weight, gradients[weight.name]!, weightMemory);
          weight.assign(newWeight);
          for (const [k, memory] of weightMemory.entries()) memory.assign(newMemory[k]!);
        }
      });
    }
  }

  dispose(): void {
    for (const memory of this.#groups.flatMap((group) => group.memory)) memory.dispose();
  }
}

interface Group extends StepMemory {
  readonly factor: number;
  readonly weights: readonly Variable[];
}

/**
 * The formula of an optimizer. It remembers `memories` tensors for each weight, shaped as the
 * weight and 0 at first.
 */
interface UpdateRule {
  readonly memories: number;
  /**
   * The update of a step, by its number counted from 1. Its scalars are made once for all weights,
   * as tensors instead of attributes of operations, so that a backend that compiles a step compiles
   * one for all.
   */
  readonly updateAt: (learningRate: number, step: number) => Update;
}

/** Returns the new weight and its new memory. */
type Update = (
  weight: Tensor,
  gradient: Tensor,
  memory: readonly Tensor[],
) => readonly [Tensor, ...Tensor[]];

/**
 * Adam (Kingma and Ba 2015, algorithm 1), with ε after the bias correction, as in PyTorch:
 *
 *     m ← β1 m + (1 - β1) g
 *     v ← β2 v + (1 - β2) g²
 *     w ← w - η (m / (1 - β1ᵗ)) / (√(v / (1 - β2ᵗ)) + ε)
 *
 * Weight decay λ adds λ w to the gradient; that of AdamW (Loshchilov and Hutter 2019, "Decoupled
 * weight decay regularization") subtracts η λ w from the weight instead, without passing through
 * the moments.
 *
 * It remembers m / (1 - β1) and v / (1 - β2); the factors go into the step's scalars. That saves
 * three passes over all weights, and these passes are a good part of a step.
 */
function adam(settings: Extract<OptimizerSettings, { kind: 'adam' | 'adamw' }>): UpdateRule {
  const { kind, beta1, beta2, epsilon, weightDecay = 0 } = settings;
  return {
    memories: 2,
    updateAt(learningRate, step) {
      // √(v / (1 - β2ᵗ)) = √second · root.
      const root = Math.sqrt((1 - beta2) / (1 - beta2 ** step));
      const rate = (learningRate * (1 - beta1)) / (1 - beta1 ** step) / root;
      const decay1 = scalar(beta1);
      const decay2 = scalar(beta2);
      const size = scalar(rate);
      const floor = scalar(epsilon / root);
      const added = kind === 'adam' && weightDecay > 0 ? scalar(weightDecay) : undefined;
      const decayFactor =
        kind === 'adamw' && weightDecay > 0 ? scalar(1 - learningRate * weightDecay) : undefined;
      return (weight, pure, [first, second]) => {
        const gradient = added === undefined ? pure : pure.add(weight.mul(added));
        const newFirst = first!.mul(decay1).add(gradient);
        const newSecond = second!.mul(decay2).add(gradient.square());
        const change = newFirst.div(newSecond.sqrt().add(floor)).mul(size);
        return [
          (decayFactor === undefined ? weight : weight.mul(decayFactor)).sub(change),
          newFirst,
          newSecond,
        ];
      };
    },
  };
}

/**
 * Stochastic gradient descent with momentum as in PyTorch: u ← μ u + g, w ← w - η u (Sutskever et
 * al. 2013 put η into u). Nesterov's form is w ← w - η (g + μ u). Weight decay λ adds λ w to g.
 * Without momentum it remembers nothing.
 */
function sgd(settings: Extract<OptimizerSettings, { kind: 'sgd' }>): UpdateRule {
  const { momentum, nesterov = false, weightDecay = 0 } = settings;
  return {
    memories: momentum === 0 ? 0 : 1,
    updateAt(learningRate) {
      const kept = scalar(momentum);
      const rate = scalar(learningRate);
      const added = weightDecay > 0 ? scalar(weightDecay) : undefined;
      return (weight, pure, [last]) => {
        const gradient = added === undefined ? pure : pure.add(weight.mul(added));
        const velocity: Tensor = last?.mul(kept).add(gradient) ?? gradient;
        const step = nesterov ? gradient.add(velocity.mul(kept)) : velocity;
        return [weight.sub(step.mul(rate)), velocity];
      };
    },
  };
}
