import type { Checkpoint, CheckpointStore } from '../../stage.ts';
import type { FitOptions } from './fit.ts';
import type { EpochRecord } from './history.ts';
import { isOpenEnded } from './schedule.ts';
import { betterOf, type TrainingState, type TrainingStates } from './training-state.ts';

/** The settings that decide how long training lasts, how its learning rate changes, and which epoch is the best. */
type Length = Pick<FitOptions, 'epochs' | 'schedule' | 'earlyStopping' | 'by'>;

/** Circumstances besides settings and data that affect the bytes, such as the number of threads, by the name in messages. */
type Circumstances = Readonly<Record<string, string | number>>;

/** The form of {@link Checkpoint.state}. A change of it raises `format`, and so does one of what the backend computes. */
interface StoredState extends Pick<TrainingState, 'epochs' | 'chosenEpoch' | 'steps'> {
  readonly format: 4;
  readonly made: Circumstances;
  /** The numbers of arrays, which are stored in this order. */
  readonly arrays: { readonly weights: number; readonly memory: number; readonly best: number };
}

/**
 * The states of a training as checkpoints of its stage. Training resumes from the last one only if its end is then, to the byte,
 * that of an uninterrupted training: under the same circumstances, and if that training would have passed through this state.
 */
export class TrainingCheckpoints implements TrainingStates {
  readonly last: TrainingState | undefined;
  readonly #store: CheckpointStore;
  readonly #length: Length;
  readonly #made: Circumstances;

  /** `info` gets a message on how training begins, if there is a checkpoint. */
  constructor(store: CheckpointStore, length: Length, circumstances: Circumstances, info: (message: string) => void) {
    this.#store = store;
    this.#length = length;
    this.#made = isOpenEnded(length.schedule) ? circumstances : { ...circumstances, epochs: length.epochs };
    const checkpoint = store.load();
    if (checkpoint === undefined) return;
    const stored = checkpoint.state as unknown as StoredState;
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
    const stored: StoredState = { format: 4, made: this.#made, epochs, chosenEpoch, steps, arrays };
    this.#store.save({ state: stored as unknown as Checkpoint['state'], arrays: [...weights, ...memory, ...best] });
  }
}

/** Why training cannot resume from a stored state, as the end of a sentence. */
function obstacleTo({ format, made, epochs }: StoredState, now: Circumstances, length: Length): string | undefined {
  if (format !== 4) return 'is of another version';
  const names = [...new Set([...Object.keys(made), ...Object.keys(now)])];
  const differing = names.find((name) => made[name] !== now[name]);
  if (differing !== undefined) {
    return `was made with ${differing} ${made[differing] ?? 'unknown'}, not ${now[differing] ?? 'unknown'}`;
  }
  if (epochs.length > length.epochs) return `is further than the ${length.epochs} that are wanted`;
  const end = endOf(epochs, length);
  if (end < epochs.length) return `is further than epoch ${end}, where early stopping ends it now`;
  return undefined;
}

/** The epoch after which early stopping ends, or would have ended, a training with these epochs. */
function endOf(epochs: readonly EpochRecord[], { earlyStopping, by }: Length): number {
  const { patience = Number.POSITIVE_INFINITY } = earlyStopping ?? {};
  let best = epochs[0]!;
  for (const record of epochs) {
    best = betterOf(best, record, by);
    if (record.epoch - best.epoch >= patience) return record.epoch;
  }
  return Number.POSITIVE_INFINITY;
}

function stateOf({ epochs, chosenEpoch, steps, arrays }: StoredState, checkpoint: Checkpoint): TrainingState {
  const all = checkpoint.arrays;
  const [weights, memory] = [all.slice(0, arrays.weights), all.slice(arrays.weights, arrays.weights + arrays.memory)];
  return { epochs, chosenEpoch, steps, weights, memory, best: all.slice(arrays.weights + arrays.memory) };
}
