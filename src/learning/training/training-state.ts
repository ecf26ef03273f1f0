import type { LayersModel } from '@tensorflow/tfjs';
import type { BestWeights } from './best-weights.ts';
import type { EpochRecord } from './history.ts';
import { allWeights } from './model-weights.ts';
import { selectionSplit } from './split-names.ts';
import type { StepMemory } from './step-memory.ts';
import { assignValues, readValues } from './tensor-values.ts';

/**
 * All that training remembers after an epoch, kept outside the backend. What is drawn by chance follows from the seed, the
 * epoch and the batch, and a schedule from the epochs so far, so that neither has a state of its own.
 */
export interface TrainingState {
  /** The epochs so far, at least one. */
  readonly epochs: readonly EpochRecord[];
  /** The best of them. */
  readonly chosenEpoch: number;
  /** Of the model, those that are not trained too, as `allWeights` orders them. */
  readonly weights: readonly Float32Array[];
  /** Steps that each group of the optimizer, and then what else remembers them, has seen. */
  readonly steps: readonly number[];
  /** What is left of these steps, in the same order. */
  readonly memory: readonly Float32Array[];
  /** The weights of the best epoch; empty where they are the model's. */
  readonly best: readonly Float32Array[];
}

/** Keeps the states of a training, and knows the one to go on from. */
export interface TrainingStates {
  readonly last: TrainingState | undefined;
  keep(state: TrainingState): void;
}

export async function takeState(
  model: LayersModel,
  best: BestWeights,
  memories: readonly StepMemory[],
  { epochs, chosenEpoch }: Pick<TrainingState, 'epochs' | 'chosenEpoch'>,
): Promise<TrainingState> {
  const weights = await readValues(allWeights(model));
  const isBest = weights.every((values, i) => isSame(values, best.weights[i]!));
  return {
    epochs: [...epochs],
    chosenEpoch,
    weights,
    steps: memories.map(({ steps }) => steps),
    memory: await readValues(memories.flatMap(({ memory }) => memory)),
    best: isBest ? [] : best.weights,
  };
}

/** Puts a state of the same training back, into as many memories as it was taken from. */
export function putState(
  model: LayersModel,
  best: BestWeights,
  memories: readonly StepMemory[],
  state: TrainingState,
): void {
  const { epochs, chosenEpoch, weights, steps } = state;
  assignValues(allWeights(model), weights);
  assignValues(
    memories.flatMap(({ memory }) => memory),
    state.memory,
  );
  for (const [i, memory] of memories.entries()) memory.steps = steps[i]!;
  const values = epochs[chosenEpoch - 1]!.splits[selectionSplit]!;
  best.resume(values, state.best.length === 0 ? weights : state.best);
}

const isSame = (a: Float32Array, b: Float32Array): boolean => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
