import type { NamedTensorMap, Variable } from '@tensorflow/tfjs';
import { unreachable } from '../../../result.ts';
import type { OptimizerSettings } from '../optimizer-settings.ts';
import type { StepMemory } from '../step-memory.ts';
import { Adam } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import { Sgd } from './sgd.ts';

/**
 * Optimizes weights that come one group after another, as layers are unfrozen. Each group has an optimizer of its own, so
 * that Adam corrects the bias of its moments by the steps that they have seen, as PyTorch's does.
 */
export class GrowingOptimizer implements Optimizer {
  learningRate: number;
  readonly #settings: OptimizerSettings;
  readonly #weights = new Set<Variable>();
  readonly #groups: (Optimizer & StepMemory)[] = [];

  constructor(settings: OptimizerSettings) {
    this.#settings = settings;
    this.learningRate = settings.learningRate;
  }

  /** Adds those of the weights that it does not have yet. */
  add(weights: readonly Variable[]): void {
    const added = weights.filter((weight) => !this.#weights.has(weight));
    if (added.length === 0) return;
    for (const weight of added) this.#weights.add(weight);
    this.#groups.push(createOptimizer(this.#settings, added));
  }

  /** One for each group, in the order in which they came. */
  get memories(): readonly StepMemory[] {
    return this.#groups;
  }

  step(gradients: NamedTensorMap): void {
    for (const group of this.#groups) {
      group.learningRate = this.learningRate;
      group.step(gradients);
    }
  }

  dispose(): void {
    for (const group of this.#groups) group.dispose();
  }
}

/** An optimizer of weights that are all there from the start. */
export function createOptimizer(settings: OptimizerSettings, weights: readonly Variable[]): Optimizer & StepMemory {
  switch (settings.kind) {
    case 'adam':
    case 'adamw':
      return new Adam(settings, weights);
    case 'sgd':
      return new Sgd(settings, weights);
    default:
      return unreachable(settings);
  }
}
