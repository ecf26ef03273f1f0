import { toDigits } from '../../format-numbers.ts';
import type { Json } from '../../json.ts';
import type { MetricName } from '../metrics/metric-catalogue.ts';
import type { Bounds } from '../sampling/median-rule.ts';
import { betterOf, isWorse, selectedValue } from './better-epoch.ts';
import type { EpochRecord } from './history.ts';
import { isOpenEnded, type ScheduleSettings } from './schedule.ts';
import { selectionSplit } from './splits.ts';

/**
 * The settings that decide how long training lasts, how its learning rate changes, and which epoch
 * is the best.
 */
export interface Length {
  readonly epochs: number;
  readonly schedule?: ScheduleSettings;
  /** When training ends before its last epoch; never when left out. */
  readonly earlyStopping?: EarlyStopping;
  /** The metric on the validation split whose best epoch is kept; accuracy when left out. */
  readonly by?: MetricName;
}

/** When training ends early: whatever comes first. */
export interface EarlyStopping {
  /** After so many epochs in a row without a better one. */
  readonly patience?: number;
  /**
   * After an epoch, from 1, by which the best one is worse than this value of the metric that
   * selects it; `false` for none.
   */
  readonly bounds?: Bounds;
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
function endOf(epochs: readonly EpochRecord[], length: Length): number {
  let best = epochs[0]!;
  for (const record of epochs) {
    best = betterOf(best, record, length.by);
    if (whyEnded(record.epoch, best, length) !== undefined) return record.epoch;
  }
  return Number.POSITIVE_INFINITY;
}

/**
 * Why training ends after an epoch, as a clause; undefined where it goes on. `best` is the best
 * epoch so far.
 */
export function whyEnded(
  epoch: number,
  best: EpochRecord,
  { earlyStopping = {}, by }: Length,
): string | undefined {
  const { patience = Number.POSITIVE_INFINITY, bounds = [] } = earlyStopping;
  if (epoch - best.epoch >= patience)
    return `none of the last ${patience} was better than epoch ${best.epoch}`;
  const bound = bounds[epoch - 1] ?? false;
  const value = selectedValue(best.splits[selectionSplit]!, by);
  if (bound === false || (value !== undefined && !isWorse(value, bound, by))) return undefined;
  const best4 = value === undefined ? 'undefined' : Number(toDigits(value, 4));
  return `its best ${by ?? 'accuracy'} is ${best4}, worse than the bound ${Number(toDigits(bound, 4))}`;
}
