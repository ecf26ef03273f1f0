import { byLoss, lossOf, type Trial } from './trial.ts';

/** Rungs of a search by successive halving. */
export interface Halving {
  /** The value of a trial that says how far it goes, such as `epochs`. */
  readonly resource: string;
  /** How far a trial of new values goes; a whole number above 0. */
  readonly least: number;
  /** How far the best go: `least` times a power of `factor`. */
  readonly most: number;
  /** One of so many advances; so many times further does it go. At least 2. */
  readonly factor: number;
}

/** A trial that advances, and how far it goes next. */
export interface Promotion {
  readonly trial: Trial;
  readonly resource: number;
}

/** How far trials go on each rung. `{ least: 1, most: 9, factor: 3 }` has 1, 3 and 9. */
export function rungsOf({ least, most, factor }: Halving): readonly number[] {
  const rungs: number[] = [];
  for (let resource = least; resource <= most; resource *= factor) rungs.push(resource);
  return rungs;
}

/**
 * The trial that advances, by asynchronous successive halving (Li, Jamieson, Rostamizadeh et al.
 * 2020, "A system for massively parallel hyperparameter tuning", algorithm 2, `get_job`): from the
 * highest rung down, the best of the top 1/`factor` of a rung's ended trials that has not advanced
 * yet. Undefined where none is: a trial of new values begins at the lowest rung. Trials on a rung
 * need not wait for others. Those that failed count on their rung, and never advance.
 */
export function promotionIn(trials: readonly Trial[], halving: Halving): Promotion | undefined {
  const rungs = rungsOf(halving);
  const advanced = new Set(trials.flatMap(({ continues }) => continues ?? []));
  for (let rung = rungs.length - 2; rung >= 0; rung--) {
    const ended = byLoss(trialsOnRung(trials, halving, rungs[rung]!));
    const top = ended.slice(0, Math.floor(ended.length / halving.factor));
    const trial = top.find((each) => Number.isFinite(lossOf(each)) && !advanced.has(each.number));
    if (trial !== undefined) return { trial, resource: rungs[rung + 1]! };
  }
  return undefined;
}

/** The trials that went, or go, so far and no further. */
export const trialsOnRung = (
  trials: readonly Trial[],
  { resource }: Halving,
  rung: number,
): readonly Trial[] => trials.filter(({ values }) => values[resource] === rung);

/**
 * The trials whose losses may be compared to propose new values: those of the highest rung on which
 * `enough` have ended, else those of the lowest (Falkner et al. 2018, section 3.2: the model of the
 * largest budget with enough observations).
 */
export function comparableTrials(
  trials: readonly Trial[],
  halving: Halving,
  enough: number,
): readonly Trial[] {
  const rungs = rungsOf(halving).map((rung) => trialsOnRung(trials, halving, rung));
  return rungs.findLast((onRung) => byLoss(onRung).length >= enough) ?? rungs[0] ?? [];
}
