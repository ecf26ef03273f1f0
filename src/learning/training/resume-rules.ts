import type { Json } from '../../json.ts';
import type { MetricName } from '../metrics/metric-catalogue.ts';
import { betterOf } from './better-epoch.ts';
import type { EpochRecord } from './history.ts';
import { isOpenEnded, type ScheduleSettings } from './schedule.ts';

/**
 * The settings that decide how long training lasts, how its learning rate changes, and which epoch
 * is the best.
 */
export interface Length {
  readonly epochs: number;
  readonly schedule?: ScheduleSettings;
  /** Ends training after `patience` epochs in a row without a better one; never when left out. */
  readonly earlyStopping?: { readonly patience: number };
  /** The metric on the validation split whose best epoch is kept; accuracy when left out. */
  readonly by?: MetricName;
}

/**
 * Circumstances besides settings and data that affect the bytes, such as the number of threads, by
 * the name in messages.
 */
export type Circumstances = Readonly<Record<string, string | number>>;

/**
 * The format of the state in a checkpoint. Raised by a change of its form, and of what the backend
 * computes.
 */
export const format = 4;

/** How far a stored training is, and what it was made with. */
type Stored = {
  readonly format: number;
  readonly made: Circumstances;
  readonly epochs: readonly EpochRecord[];
};

/**
 * What of the length counts as a circumstance: a schedule that ends with the last epoch depends on
 * their number.
 */
export const madeWith = ({ schedule, epochs }: Length): Circumstances =>
  isOpenEnded(schedule) ? {} : { epochs };

/**
 * Why training cannot resume from a stored state, as the end of a sentence. Light, since `plan`
 * asks it, too.
 */
export function obstacleTo(stored: Stored, now: Circumstances, length: Length): string | undefined {
  const { made, epochs } = stored;
  if (stored.format !== format) return 'is of another version';
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

/** The same by the settings alone, as a whole clause: where it will run is not known before. */
export function plannedObstacle(state: Json, length: Length): string | undefined {
  const stored = state as Stored;
  const obstacle = obstacleTo(stored, { ...stored.made, ...madeWith(length) }, length);
  return obstacle && `its checkpoint after epoch ${stored.epochs?.length} ${obstacle}`;
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
