import { normalCdf } from '../../src/learning/metrics/intervals/normal-distribution.ts';

/** A point of a curve; both values are rates or both are deviates. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/** The greatest distance of neighbouring points on an axis, in deviates: a pixel or two. */
const step = 0.05;

/**
 * Points of a curve in deviates, given in rates. Between two thresholds lie the images of one
 * score: a classifier that decides among them by chance reaches every point of the line between
 * the two, which is straight in rates and bent in deviates. So points are put in between where both
 * rates change by more than a step. A step along one axis is straight in both.
 */
export function straightInRates(
  rates: readonly Point[],
  deviate: (rate: number) => number,
): readonly Point[] {
  const points: Point[] = [];
  rates.forEach((to, i) => {
    const from = rates[i - 1];
    if (from !== undefined) points.push(...between(from, to, deviate));
    points.push({ x: deviate(to.x), y: deviate(to.y) });
  });
  return points;
}

/** The points between two, without both. */
function between(from: Point, to: Point, deviate: (rate: number) => number): readonly Point[] {
  const alongX = partsOf(from.x, to.x, deviate);
  const alongY = partsOf(from.y, to.y, deviate);
  if (alongX.length === 0 || alongY.length === 0) return [];
  return [...alongX, ...alongY]
    .sort((a, b) => a - b)
    .map((part) => ({
      x: deviate(from.x + part * (to.x - from.x)),
      y: deviate(from.y + part * (to.y - from.y)),
    }));
}

/** The shares of the way between two rates, in (0, 1), at which their deviates are even. */
function partsOf(from: number, to: number, deviate: (rate: number) => number): readonly number[] {
  const start = deviate(from);
  const end = deviate(to);
  const steps = Math.ceil(Math.abs(end - start) / step);
  return Array.from({ length: Math.max(0, steps - 1) }, (_, i) => {
    const rate = normalCdf(start + ((i + 1) / steps) * (end - start));
    return (rate - from) / (to - from);
  }).filter((part) => part > 0 && part < 1);
}
