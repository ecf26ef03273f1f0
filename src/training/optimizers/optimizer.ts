import type { NamedTensorMap, Variable } from '@tensorflow/tfjs';
import { unreachable } from '../../result.ts';
import type { OptimizerSettings } from '../optimizer-settings.ts';
import type { StepMemory } from '../step-memory.ts';
import { Adam } from './adam.ts';
import { Sgd } from './sgd.ts';

/** Moves weights against their gradients, with a memory of earlier steps. */
export interface Optimizer {
  /** Of the next step; a schedule changes it between steps. */
  learningRate: number;
  /** One step: assigns new values to the weights. `gradients` are by weight name; they stay the caller's. */
  step(gradients: NamedTensorMap): void;
  /** Frees the memory of earlier steps. */
  dispose(): void;
}

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
