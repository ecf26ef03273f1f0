/** The values of one curve of a trial by step, which counts from 1 and grows. */
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
 * no step has a bound.
 *
 *     const courses = [[[1, 3], [2, 2]], [[1, 5], [2, 6]], [[1, 4]]];
 *     boundsOf(courses, { better: 'lower', from: 1, trials: 2 }) // [4, 3.5]
 */
export function boundsOf(courses: readonly Course[], { better, from, trials }: MedianRule): Bounds {
  const sign = better === 'lower' ? 1 : -1;
  const last = Math.max(0, ...courses.flatMap((course) => course.map(([step]) => step)));
  const bounds = Array.from({ length: last }, (_, index) => {
    const step = index + 1;
    const reached = courses.filter((course) => (course.at(-1)?.[0] ?? 0) >= step);
    if (step < from || reached.length < trials) return false;
    return sign * medianOf(reached.map((course) => bestUntil(course, step, sign)));
  });
  return bounds.slice(0, bounds.findLastIndex((bound) => bound !== false) + 1);
}

/** The least of the values up to a step, each times the sign; infinite where there is none. */
const bestUntil = (course: Course, until: number, sign: number): number =>
  Math.min(...course.flatMap(([step, value]) => (step <= until ? [sign * value] : [])));

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}
