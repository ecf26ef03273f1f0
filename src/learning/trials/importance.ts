import type { Random } from '../../random.ts';
import { type Design, growTree, type Tree } from './regression-tree.ts';

/** A share of the variance, 0 to 1, with its standard error. */
export interface Importance {
  readonly share: number;
  readonly error: number;
}

/** How the variance of a value divides among the settings. */
export interface VarianceShares {
  /** The part of each setting alone. */
  readonly settings: readonly Importance[];
  /** What only several settings together explain. */
  readonly together: Importance;
}

/** A setting with the share of the variance that it explains. */
export interface ImportanceRow {
  readonly name: string;
  readonly share: number;
  /** Ends of the interval, within 0 and 1. */
  readonly low: number;
  readonly high: number;
}

/** Combinations of levels by which the variance of a forest is measured, where there are more. */
const mostPoints = 4096;

/**
 * The functional ANOVA of a random forest (Hutter, Hoos and Leyton-Brown 2014): the variance of its
 * prediction over all combinations of the settings' values, divided into the part of each setting
 * alone and the rest. Each different value of a setting counts once. It is the forest that is
 * divided, not each of its trees, whose noise would look like settings that act together. Standard
 * errors are those of sampling other trials, by the infinitesimal jackknife for bagging with its
 * correction for finitely many trees (Wager, Hastie and Efron 2014, equations 5 and 7), of the
 * shares to first order. A value that never changes gives zeros.
 *
 * Example: of the value a + 2 b on a full grid where a and b are 0 or 1, a has 0.2 and b 0.8.
 */
export function importanceOf(
  design: Design,
  { trees, random }: { readonly trees: number; readonly random: Random },
): VarianceShares {
  const trials = design.values.length;
  const counts = Array.from({ length: trees }, () => {
    const drawn = new Uint16Array(trials);
    for (let i = 0; i < trials; i++) drawn[random.integer(trials)]!++;
    return drawn;
  });
  const points = pointsOf(design, random);
  const forest = counts.map((drawn) => effectsOf(growTree(design, drawn), design, points));
  const { shares, influences } = divideVariance(forest);
  const importances = shares.map(
    (share, part): Importance => ({ share, error: standardError(influences[part]!, counts) }),
  );
  return { settings: importances.slice(0, -1), together: importances.at(-1)! };
}

/** What a tree predicts on average for each level of a setting, and at the points. */
export interface TreeEffects {
  readonly marginals: readonly Float64Array[];
  readonly predictions: Float64Array;
}

/** All combinations of levels, or random ones where these are too many. */
export function pointsOf({ settings }: Design, random: Random): readonly Int32Array[] {
  const all = settings.reduce((product, { count }) => product * count, 1);
  if (all > mostPoints) {
    return Array.from({ length: mostPoints }, () =>
      Int32Array.from(settings, ({ count }) => random.integer(count)),
    );
  }
  return Array.from({ length: all }, (_, index) => {
    let rest = index;
    return Int32Array.from(settings, ({ count }) => {
      const level = rest % count;
      rest = (rest - level) / count;
      return level;
    });
  });
}

/** The effects of one tree. Its marginals are exact (Hutter et al., algorithm 2). */
export function effectsOf(
  { leaves, predict }: Tree,
  { settings }: Pick<Design, 'settings'>,
  points: readonly Int32Array[],
): TreeEffects {
  const marginals = settings.map(({ count }) => new Float64Array(count));
  for (const { value, allowed } of leaves) {
    const widths = allowed.map(({ length }, at) => length / settings[at]!.count);
    const volume = widths.reduce((product, width) => product * width, 1);
    for (const [at, levels] of allowed.entries()) {
      const added = (value * volume) / widths[at]!;
      const marginal = marginals[at]!;
      for (const level of levels) marginal[level]! += added;
    }
  }
  return { marginals, predictions: Float64Array.from(points, predict) };
}

/**
 * The share of each setting in the variance of the mean of some trees, and last what remains; and
 * by how much each tree moves them, to first order.
 */
export function divideVariance(trees: readonly TreeEffects[]): {
  readonly shares: readonly number[];
  readonly influences: readonly (readonly number[])[];
} {
  const [first] = trees as readonly [TreeEffects];
  const whole = varianceOf(trees.map(({ predictions }) => predictions));
  const parts = first.marginals.map((_, setting) =>
    varianceOf(trees.map(({ marginals }) => marginals[setting]!)),
  );
  const isConstant = whole.variance === 0;
  const shares = parts.map(({ variance }) => (isConstant ? 0 : variance / whole.variance));
  const influences = parts.map(({ changes }, setting) =>
    changes.map((change, tree) =>
      isConstant ? 0 : (change - shares[setting]! * whole.changes[tree]!) / whole.variance,
    ),
  );
  const together = isConstant ? 0 : 1 - shares.reduce((sum, share) => sum + share, 0);
  const ofTogether = trees.map(
    (_, tree) => -influences.reduce((sum, changes) => sum + changes[tree]!, 0),
  );
  return { shares: [...shares, Math.max(0, together)], influences: [...influences, ofTogether] };
}

/** The variance of the mean of some functions over their points, and how each function moves it. */
function varianceOf(functions: readonly Float64Array[]): {
  readonly variance: number;
  readonly changes: readonly number[];
} {
  const points = functions[0]!.length;
  const mean = new Float64Array(points);
  for (const values of functions)
    for (let point = 0; point < points; point++) mean[point]! += values[point]! / functions.length;
  const centre = mean.reduce((sum, value) => sum + value, 0) / points;
  for (let point = 0; point < points; point++) mean[point]! -= centre;
  const square = mean.reduce((sum, value) => sum + value ** 2, 0) / points;
  // Rounding alone makes a constant vary.
  const variance = square <= 1e-24 * centre ** 2 ? 0 : square;
  const changes = functions.map((values) => {
    let product = 0;
    for (let point = 0; point < points; point++) product += mean[point]! * values[point]!;
    return 2 * (product / points - variance);
  });
  return { variance, changes };
}

function standardError(influences: readonly number[], counts: readonly Uint16Array[]): number {
  const trees = influences.length;
  const trials = counts[0]!.length;
  const covariances = new Float64Array(trials);
  let spread = 0;
  for (const [tree, influence] of influences.entries()) {
    spread += influence ** 2;
    const drawn = counts[tree]!;
    for (let trial = 0; trial < trials; trial++)
      covariances[trial]! += ((drawn[trial]! - 1) * influence) / trees;
  }
  const jackknife = covariances.reduce((sum, covariance) => sum + covariance ** 2, 0);
  return Math.sqrt(Math.max(0, jackknife - (trials * spread) / trees ** 2));
}
