import type { Checkpoint, CheckpointStore } from '../../stage.ts';
import { betterOf } from './best-weights.ts';
import type { EpochRecord } from './history.ts';
import { isOpenEnded } from './schedule.ts';
import type { ScheduleSettings } from './schedule-settings.ts';
import type { TrainingState, TrainingStates } from './training-state.ts';

/** What says how far training goes, and how its learning rate gets there. */
interface Length {
  readonly epochs: number;
  readonly schedule?: ScheduleSettings;
  readonly earlyStopping?: { readonly patience: number };
}

/** What decides bytes beside settings and data, such as the number of threads: by name, as its user knows it. */
export type Circumstances = Readonly<Record<string, string | number>>;

/** The form of {@link Checkpoint.state}. Another one raises `format`. */
interface Kept extends Pick<TrainingState, 'epochs' | 'chosenEpoch' | 'steps'> {
  readonly format: 1;
  readonly made: Circumstances;
  /** How many arrays are whose; in this order. */
  readonly arrays: { readonly weights: number; readonly memory: number; readonly best: number };
}

/**
 * The states of a training as checkpoints of its stage. The last is only gone on from where the end is then, to the byte,
 * that of an unbroken training: under the same circumstances, and if that would have come to this state on its way.
 */
export class TrainingCheckpoints implements TrainingStates {
  readonly last: TrainingState | undefined;
  readonly #store: CheckpointStore;
  readonly #length: Length;
  readonly #made: Circumstances;

  /** `tell` hears how training begins, if there is anything to say of it. */
  constructor(store: CheckpointStore, length: Length, circumstances: Circumstances, tell: (message: string) => void) {
    this.#store = store;
    this.#length = length;
    this.#made = isOpenEnded(length.schedule) ? circumstances : { ...circumstances, epochs: length.epochs };
    const checkpoint = store.load();
    if (checkpoint === undefined) return;
    const kept = checkpoint.state as unknown as Kept;
    const obstacle = obstacleTo(kept, this.#made, length);
    const after = `epoch ${kept.epochs?.length}`;
    if (obstacle === undefined) {
      this.last = stateOf(kept, checkpoint);
      tell(`goes on after ${after} of ${length.epochs}, from a checkpoint`);
    } else tell(`begins from the start: its checkpoint after ${after} ${obstacle}`);
  }

  keep({ epochs, chosenEpoch, steps, weights, memory, best }: TrainingState): void {
    // Of no use to a longer training, and this one is at its end.
    if (epochs.length === this.#length.epochs && !isOpenEnded(this.#length.schedule)) return;
    const arrays = { weights: weights.length, memory: memory.length, best: best.length };
    const kept: Kept = { format: 1, made: this.#made, epochs, chosenEpoch, steps, arrays };
    this.#store.save({ state: kept as unknown as Checkpoint['state'], arrays: [...weights, ...memory, ...best] });
  }
}

/** Why training cannot go on from what was kept, as the end of a sentence. */
function obstacleTo({ format, made, epochs }: Kept, now: Circumstances, length: Length): string | undefined {
  if (format !== 1) return 'is of another version';
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

/** The epoch after which early stopping ends a training that has come to the last of these, or would have. */
function endOf(epochs: readonly EpochRecord[], { earlyStopping }: Length): number {
  const { patience = Number.POSITIVE_INFINITY } = earlyStopping ?? {};
  let best = epochs[0]!;
  for (const record of epochs) {
    best = betterOf(best, record);
    if (record.epoch - best.epoch >= patience) return record.epoch;
  }
  return Number.POSITIVE_INFINITY;
}

function stateOf({ epochs, chosenEpoch, steps, arrays }: Kept, checkpoint: Checkpoint): TrainingState {
  const all = checkpoint.arrays;
  const [weights, memory] = [all.slice(0, arrays.weights), all.slice(arrays.weights, arrays.weights + arrays.memory)];
  return { epochs, chosenEpoch, steps, weights, memory, best: all.slice(arrays.weights + arrays.memory) };
}
