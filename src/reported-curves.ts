import type { CurvePoint } from './stage.ts';

/** The points that are kept of a curve. */
interface KeptPoints {
  /** How many points were reported. */
  readonly count: number;
  /** The step between reported points that are kept, besides the last one: 1, 2, 4, … */
  readonly every: number;
  readonly points: readonly Step[];
}

/**
 * A curve that a stage reported point by point, such as `val.loss` by epoch. A long one is thinned.
 */
export interface Curve extends KeptPoints {
  readonly name: string;
  /** What its steps count, in the singular: `epoch`. */
  readonly unit: string;
  /** The last planned step; absent where the stage names none. */
  readonly total?: number;
}

/** The value of a curve at a step; null where it is not a finite number. */
type Step = readonly [step: number, value: number | null];

/** The most curves of a stage, and points of a curve, that are kept. */
export const mostCurves = 64;
const mostPoints = 500;

/** The curves after one more point. New curves are ignored once there are {@link mostCurves}. */
export function withPoint(
  curves: readonly Curve[],
  { unit, step, total, values }: CurvePoint,
): readonly Curve[] {
  const now = [...curves];
  for (const [name, value] of Object.entries(values)) {
    const index = now.findIndex((curve) => curve.name === name && curve.unit === unit);
    if (index < 0 && now.length >= mostCurves) continue;
    const before = now[index] ?? { name, unit, count: 0, every: 1, points: [] };
    now[index < 0 ? now.length : index] = {
      ...before,
      ...(total !== undefined && { total }),
      ...extended(before, [step, Number.isFinite(value) ? value : null]),
    };
  }
  return now;
}

/**
 * One more point; every second one goes where there are too many, so that they stay evenly spaced.
 */
function extended({ count, every, points }: KeptPoints, step: Step): KeptPoints {
  const isLastSpaced = (count - 1) % every === 0;
  const spaced = isLastSpaced ? points : points.slice(0, -1);
  if (spaced.length < mostPoints) return { count: count + 1, every, points: [...spaced, step] };
  const halved = spaced.filter((_, index) => index % 2 === 0);
  return { count: count + 1, every: 2 * every, points: [...halved, step] };
}

/** At most `most` points, evenly spaced, and the last one. */
export function thinned(points: readonly Step[], most: number): readonly Step[] {
  const every = Math.ceil(points.length / most);
  return points.filter((_, index) => index % every === 0 || index === points.length - 1);
}
