import type { LayersModel } from '@tensorflow/tfjs';
import type { MetricName } from '../metrics/metric-catalogue.ts';
import { readValues } from '../models/model-output.ts';
import { isBetter } from './better-epoch.ts';
import type { EpochRecord, SplitValues } from './history.ts';
import { allWeights, assignValues } from './model-weights.ts';
import type { StepMemory } from './optimizer.ts';
import { selectionSplit } from './splits.ts';

/**
 * The best epoch so far, with the model's weights at its end in the order of `allWeights`, kept
 * outside the backend.
 */
export interface BestEpoch {
  readonly values: SplitValues;
  readonly weights: readonly Float32Array[];
}

/** The best epoch after another one with these values, whose weights the model has. */
export async function bestOf(
  best: BestEpoch | undefined,
  values: SplitValues,
  model: LayersModel,
  by?: MetricName,
): Promise<BestEpoch> {
  if (best !== undefined && !isBetter(values, best.values, by)) return best;
  return { values, weights: await readValues(allWeights(model)) };
}

/** The epochs of a training so far, and the number of the best one. */
export interface TrainingProgress {
  readonly epochs: readonly EpochRecord[];
  readonly chosenEpoch: number;
}

/**
 * The complete state of a training after an epoch, outside the backend. Random numbers and
 * schedules have no state.
 */
export interface TrainingState extends TrainingProgress {
  /** All weights of the model, frozen ones too, in the order of `allWeights`. */
  readonly weights: readonly Float32Array[];
  readonly steps: readonly number[];
  readonly memory: readonly Float32Array[];
  /** The weights of the best epoch; empty where they are the model's. */
  readonly best: readonly Float32Array[];
}

/** Keeps the states of a training, and knows the one to resume from. */
export interface TrainingStates {
  readonly last: TrainingState | undefined;
  keep(state: TrainingState): void;
}

/** The state after an epoch. */
export async function takeState(
  model: LayersModel,
  best: BestEpoch,
  memories: readonly StepMemory[],
  { epochs, chosenEpoch }: TrainingProgress,
): Promise<TrainingState> {
  const weights = await readValues(allWeights(model));
  const isBest = weights.every(
    (values, i) => Buffer.compare(bytesOf(values), bytesOf(best.weights[i]!)) === 0,
  );
  return {
    epochs: [...epochs],
    chosenEpoch,
    weights,
    steps: memories.map(({ steps }) => steps),
    memory: await readValues(memories.flatMap(({ memory }) => memory)),
    best: isBest ? [] : best.weights,
  };
}

/**
 * Restores a state of the same training, with as many memories as it was taken from, and returns
 * its best epoch.
 */
export function putState(
  model: LayersModel,
  memories: readonly StepMemory[],
  state: TrainingState,
): BestEpoch {
  const { epochs, chosenEpoch, weights, steps, memory, best } = state;
  const remembered = memories.flatMap(({ memory }) => memory);
  assignValues(allWeights(model), weights);
  assignValues(remembered, memory);
  for (const [i, entry] of memories.entries()) entry.steps = steps[i]!;
  const values = epochs[chosenEpoch - 1]!.splits[selectionSplit]!;
  return { values, weights: best.length === 0 ? weights : best };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);
