import type { LayersModel } from '@tensorflow/tfjs';
import type { EpochRecord, SplitValues } from './history.ts';
import { allWeights, assignValues, readValues } from './model-weights.ts';
import type { StepMemory } from './optimizer.ts';
import { selectionSplit } from './split-names.ts';

/** The weights of the best epoch so far, kept outside the backend. */
export class BestWeights {
  readonly #model: LayersModel;
  #values: SplitValues | undefined;
  #weights: readonly Float32Array[] = [];

  constructor(model: LayersModel) {
    this.#model = model;
  }

  /** Copies the weights when this epoch is the best so far, and says whether it is. */
  async offer(values: SplitValues): Promise<boolean> {
    if (this.#values !== undefined && !isBetter(values, this.#values)) return false;
    this.resume(values, await readValues(allWeights(this.#model)));
    return true;
  }

  /** In the order of `allWeights`; empty before the first epoch. */
  get weights(): readonly Float32Array[] {
    return this.#weights;
  }

  /** Continues with this best epoch of an earlier attempt. */
  resume(values: SplitValues, weights: readonly Float32Array[]): void {
    this.#values = values;
    this.#weights = weights;
  }

  /** Puts the best weights back into the model. */
  restore(): void {
    assignValues(allWeights(this.#model), this.#weights);
  }
}

/** The better of two epochs by validation accuracy, then by validation loss; the earlier of equal ones. */
export function betterOf(earlier: EpochRecord, later: EpochRecord): EpochRecord {
  return isBetter(later.splits[selectionSplit]!, earlier.splits[selectionSplit]!) ? later : earlier;
}

function isBetter(values: SplitValues, than: SplitValues): boolean {
  return values.accuracy > than.accuracy || (values.accuracy === than.accuracy && values.loss < than.loss);
}

/**
 * The complete state of a training after an epoch, kept outside the backend. Random numbers follow from the seed, the epoch and
 * the batch, and a schedule from the epochs so far, so neither has a state of its own.
 */
export interface TrainingState {
  /** The epochs so far, at least one. */
  readonly epochs: readonly EpochRecord[];
  /** The best of them. */
  readonly chosenEpoch: number;
  /** All weights of the model, frozen ones too, in the order of `allWeights`. */
  readonly weights: readonly Float32Array[];
  /** The number of steps of each {@link StepMemory}. */
  readonly steps: readonly number[];
  /** What these memories hold, in the same order. */
  readonly memory: readonly Float32Array[];
  /** The weights of the best epoch; empty where they are the model's. */
  readonly best: readonly Float32Array[];
}

/** Keeps the states of a training, and knows the one to resume from. */
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
  const isBest = weights.every((values, i) => Buffer.compare(bytesOf(values), bytesOf(best.weights[i]!)) === 0);
  return {
    epochs: [...epochs],
    chosenEpoch,
    weights,
    steps: memories.map(({ steps }) => steps),
    memory: await readValues(memories.flatMap(({ memory }) => memory)),
    best: isBest ? [] : best.weights,
  };
}

/** Restores a state of the same training, with as many memories as it was taken from. */
export function putState(
  model: LayersModel,
  best: BestWeights,
  memories: readonly StepMemory[],
  state: TrainingState,
): void {
  const { epochs, chosenEpoch, weights, steps } = state;
  assignValues(allWeights(model), weights);
  const variables = memories.flatMap(({ memory }) => memory);
  assignValues(variables, state.memory);
  for (const [i, memory] of memories.entries()) memory.steps = steps[i]!;
  const values = epochs[chosenEpoch - 1]!.splits[selectionSplit]!;
  best.resume(values, state.best.length === 0 ? weights : state.best);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
