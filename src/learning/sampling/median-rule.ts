/** The finite values of one curve of a trial by step: a whole number from 1, which grows. */
export type Course = readonly (readonly [step: number, value: number])[];

/** How good a trial must be at each step, from 1, to go on; `false` where anything will do. */
export type Bounds = readonly (number | false)[];

/** When a trial ends that is worse than others were. */
export interface MedianRule {
  readonly better: 'higher' | 'lower';
  /** The first step at which a trial may end, from 1. */
  readonly from: number;
  /** So many trials must have come to a step, at least 1. */
  readonly trials: number;
}

/**
 * The bounds of a trial by the median stopping rule (Golovin et al. 2017, "Google Vizier: a service
 * for black-box optimization", section 3.2.2): at a step, the median of what the others had reached
 * by then. A trial ends where the best of its own values so far is worse. Here all are the best
 * values so far, not running means, since the best epoch of a training is what counts. Empty where
 * no step has a bound. A step has none where the median is no finite number: half of the trials
 * that have come there had no value yet.
 *
 *     const courses = [[[1, 3], [2, 2]], [[1, 5], [2, 6]], [[1, 4]]];
 *     boundsOf(courses, { better: 'lower', from: 1, trials: 2 }) // [4, 3.5]
 */
export function boundsOf(courses: readonly Course[], { better, from, trials }: MedianRule): Bounds {
  const sign = better === 'lower' ? 1 : -1;
  const bests = courses.map((course) => bestByStep(course, sign));
  const last = bests.reduce((most, { length }) => Math.max(most, length), 0);
  const bounds = Array.from({ length: last }, (_, index) => {
    const reached = bests.filter((best) => best.length > index).map((best) => best[index]!);
    if (index + 1 < from || reached.length < trials) return false;
    const median = medianOf(reached);
    return Number.isFinite(median) && sign * median;
  });
  return bounds.slice(0, bounds.findLastIndex((bound) => bound !== false) + 1);
}

/**
 * The least of the values up to each step of a course, from 1, each times the sign; infinite before
 * the first one.
 */
function bestByStep(course: Course, sign: number): readonly number[] {
  const best: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const [step, value] of course) {
    while (best.length < step - 1) best.push(least);
    least = Math.min(least, sign * value);
    best[step - 1] = least;
  }
  return best;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted[Math.ceil(middle) - 1]! / 2 + sorted[Math.floor(middle)]! / 2; // no overflow
}
