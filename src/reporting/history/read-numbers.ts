import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage, StageName } from '../../engine/config/pipeline.ts';
import type { StageNumbers } from '../../engine/store/runs/run-record.ts';
import { formatCountOf } from '../../format-numbers.ts';
import { type Metrics, parseMetrics } from '../../learning/metrics/metrics-file.ts';

/** The most numbers kept for one stage, and the largest file that is read for them. */
const mostNumbers = 400;
const mostBytes = 1024 ** 2;

/**
 * The numbers in the published metrics files of a stage, at most {@link mostNumbers}, with their
 * intervals.
 */
export function readNumbers(stage: Stage, root: string): StageNumbers {
  const values = new Map<string, number | null>();
  const intervals = new Map<string, readonly [number, number]>();
  let leftOut = 0;
  for (const { type, path } of stage.outputs) {
    if (type !== 'metrics') continue;
    const parsed = readMetrics(join(root, path));
    for (const [name, value] of parsed?.values ?? []) {
      if (values.size < mostNumbers) values.set(name, value);
      else leftOut++;
    }
    for (const [name, interval] of parsed?.intervals ?? [])
      if (values.has(name)) intervals.set(name, interval);
  }
  if (values.size === 0) return {};
  return {
    metrics: Object.fromEntries(values),
    ...(intervals.size > 0 && { intervals: Object.fromEntries(intervals) }),
    ...(leftOut > 0 && { numbersLeftOut: leftOut }),
  };
}

/** The numbers of a published metrics file; undefined where it is none, or too large. */
export function readMetrics(path: string): Metrics | undefined {
  try {
    if (statSync(path).size > mostBytes) return undefined;
    const parsed = parseMetrics(readFileSync(path, 'utf8'));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined; // not a file, or deleted meanwhile
  }
}

/** The warning about stages with more numbers than a record keeps, if there are any. */
export function leftOutWarning(leftOut: ReadonlyMap<StageName, number>): string | undefined {
  if (leftOut.size === 0) return undefined;
  const [[stage, count]] = [...leftOut] as [[StageName, number]];
  const others =
    leftOut.size > 1 ? ` and numbers of ${formatCountOf(leftOut.size - 1, 'other stage')}` : '';
  return (
    `The history keeps at most ${mostNumbers} numbers per stage; the last ${count} of ${stage}${others} are left out: ` +
    '`restage history` does not find them, the metrics file has all'
  );
}
