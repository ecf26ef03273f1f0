import type { Checkpoint, CheckpointStore } from '../../stage.ts';
import { type Circumstances, format, type Length, madeWith, obstacleTo } from './resume-rules.ts';
import { isOpenEnded } from './schedule.ts';
import type { TrainingState, TrainingStates } from './training-state.ts';

/**
 * The form of {@link Checkpoint.state}. A change of it raises `format`, and so does one of what the
 * backend computes.
 */
type StoredState = {
  readonly epochs: TrainingState['epochs'];
  readonly chosenEpoch: number;
  readonly steps: readonly number[];
  readonly format: typeof format;
  readonly made: Circumstances;
  /** The numbers of arrays, which are stored in this order. */
  readonly arrays: { readonly weights: number; readonly memory: number; readonly best: number };
};

/**
 * The states of a training as checkpoints of its stage. Training resumes from the last one only if
 * its end is then, to the byte, that of an uninterrupted training: under the same circumstances,
 * and if that training would have passed through this state.
 */
export class TrainingCheckpoints implements TrainingStates {
  readonly last: TrainingState | undefined;
  readonly #store: CheckpointStore;
  readonly #length: Length;
  readonly #made: Circumstances;

  /** `info` gets a message on how training begins, if there is a checkpoint. */
  constructor(
    store: CheckpointStore,
    length: Length,
    circumstances: Circumstances,
    info: (message: string) => void,
  ) {
    this.#store = store;
    this.#length = length;
    this.#made = { ...circumstances, ...madeWith(length) };
    const checkpoint = store.load();
    if (checkpoint === undefined) return;
    const stored = checkpoint.state as StoredState;
    const obstacle = obstacleTo(stored, this.#made, length);
    const after = `epoch ${stored.epochs?.length}`;
    if (obstacle === undefined) {
      this.last = stateOf(stored, checkpoint);
      info(`resumes after ${after} of ${length.epochs}, from a checkpoint`);
    } else info(`begins from the start: its checkpoint after ${after} ${obstacle}`);
  }

  keep({ epochs, chosenEpoch, steps, weights, memory, best }: TrainingState): void {
    // A longer training could not resume from it, and this one is at its end.
    if (epochs.length === this.#length.epochs && !isOpenEnded(this.#length.schedule)) return;
    const arrays = { weights: weights.length, memory: memory.length, best: best.length };
    const stored: StoredState = { format, made: this.#made, epochs, chosenEpoch, steps, arrays };
    this.#store.save({
      state: stored,
      arrays: [...weights, ...memory, ...best],
    });
  }
}

function stateOf(
  { epochs, chosenEpoch, steps, arrays }: StoredState,
  checkpoint: Checkpoint,
): TrainingState {
  const all = checkpoint.arrays;
  const weights = all.slice(0, arrays.weights);
  const memory = all.slice(arrays.weights, arrays.weights + arrays.memory);
  return {
    epochs,
    chosenEpoch,
    steps,
    weights,
    memory,
    best: all.slice(arrays.weights + arrays.memory),
  };
}
