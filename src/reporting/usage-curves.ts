import { readUsage, type UsageSample } from '../engine/execution/processes/usage-sampler.ts';
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

/** The cores and the memory that the stages of a run used, by seconds since it began. */
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
    const curve = (title: string, amount: (sample: UsageSample) => number): Curve => {
      const points = own.map((sample) => {
        const seconds = Math.round((sample.time - startedAt) / 1000);
        return [seconds, Number(amount(sample).toPrecision(4))] as const;
      });
      const count = points.length;
      return { name: title, unit: 'second', count, every: 1, points: thinned(points, mostPoints) };
    };
    const curves = [
      curve('cores in use', ({ stages }) => stages[name]![0]),
      curve('memory (GiB)', ({ stages }) => stages[name]![1] / gibibyte),
    ];
    return [{ owner: name, curves }];
  });
}
