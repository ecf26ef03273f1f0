import { readUsage, type StageUsage } from '../engine/execution/processes/usage-sampler.ts';
import type { Curve } from '../reported-curves.ts';
import { thinned } from '../reported-curves.ts';
import type { OwnedCurves } from './curve-charts.ts';

/** Shorter stages have no course. */
const leastSamples = 3;
const mostPoints = 200;
/** Milliseconds after which the curves of a running run grow: each change draws them again. */
const growth = 10_000;
const gibibyte = 1024 ** 3;

/** When a run began, in milliseconds since the epoch, and whether it still runs. */
interface UsedRun {
  readonly startedAt: number;
  readonly isRunning: boolean;
}

/**
 * The cores, the memory and the graphics cards that the stages of a run used, by seconds since it
 * began. A stage that left the cards idle has no curves of them.
 */
export function usageCurves(
  path: string,
  { startedAt, isRunning }: UsedRun,
): readonly OwnedCurves[] {
  const samples = readUsage(path);
  const end = isRunning ? growth * Math.floor(Date.now() / growth) : Number.POSITIVE_INFINITY;
  const known = samples.filter(({ time }) => time < end);
  const names = new Set(known.flatMap(({ stages }) => Object.keys(stages)));
  return [...names].flatMap((name) => {
    const own = known.filter(({ stages }) => stages[name] !== undefined);
    if (own.length < leastSamples) return [];
    const curve = (title: string, amount: (usage: StageUsage) => number): Curve => {
      const points = own.map(({ time, stages }) => {
        const seconds = Math.round((time - startedAt) / 1000);
        return [seconds, Number(amount(stages[name]!).toPrecision(4))] as const;
      });
      const count = points.length;
      return { name: title, unit: 'second', count, every: 1, points: thinned(points, mostPoints) };
    };
    const curves = [
      curve('cores in use', ([cores]) => cores),
      curve('memory (GiB)', ([, bytes]) => bytes / gibibyte),
    ];
    if (own.some(({ stages }) => (stages[name]![2] ?? 0) > 0))
      curves.push(
        curve('graphics cards in use', ([, , cards = 0]) => cards),
        curve('memory of graphics cards (GiB)', ([, , , bytes = 0]) => bytes / gibibyte),
      );
    return [{ owner: name, curves }];
  });
}
