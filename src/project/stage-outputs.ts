import { join } from 'node:path';
import type { Stage } from '../engine/config/pipeline.ts';
import { readMetrics } from '../reporting/history/read-numbers.ts';
import type { StageOutputs } from './api.ts';

/** Reads what a stage has published. `away` are the ports whose outputs stay in a shared store. */
export function readOutputs(
  { outputs }: Stage,
  root: string,
  away: ReadonlySet<string>,
): StageOutputs {
  const here = outputs.filter(({ port }) => !away.has(port));
  const numbers: Record<string, number> = {};
  const intervals: Record<string, readonly [low: number, high: number]> = {};
  for (const { type, path } of here) {
    const metrics = type === 'metrics' ? readMetrics(join(root, path)) : undefined;
    for (const [name, value] of metrics?.values ?? []) if (value !== null) numbers[name] = value;
    for (const [name, ends] of metrics?.intervals ?? []) intervals[name] = ends;
  }
  return {
    paths: Object.fromEntries(here.map(({ port, path }) => [port, join(root, path)])),
    metrics: bySplit(numbers),
    numbers,
    intervals,
  };
}

/** Numbers by the first part of their names. A name of a single part belongs to no split. */
function bySplit(numbers: Readonly<Record<string, number>>): StageOutputs['metrics'] {
  const splits: Record<string, Record<string, number>> = {};
  for (const [name, value] of Object.entries(numbers)) {
    const [split = '', ...rest] = name.split('.');
    if (rest.length > 0) splits[split] = { ...splits[split], [rest.join('.')]: value };
  }
  return splits;
}
