import { readFileSync } from 'node:fs';
import { parseMetrics } from '../../../src/learning/metrics/metrics-file.ts';
import { type StageContext, StageError } from '../../../src/stage.ts';
import { thereAre } from '../../../src/suggest.ts';
import { describeInput } from '../inputs.ts';
import type { PlotSettings } from '../spec.ts';

/** A number of one model's metrics. */
export interface MetricItem {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly interval?: readonly [low: number, high: number] | undefined;
  /** Of the interval, where the metrics have it. */
  readonly confidence?: number | undefined;
  /** The images of the number's split, where the metrics have them. */
  readonly images?: number | undefined;
  /** In place of images, where groups were judged. */
  readonly groups?: number | undefined;
}

export const usualValue = 'test.auc';

/** A number of every item, those without it left out. Throws a {@link StageError} where no item has it. */
export function readMetrics({
  inputs,
  settings: { value: name = usualValue },
}: Pick<StageContext<PlotSettings>, 'inputs' | 'settings'>): readonly MetricItem[] {
  const known = new Set<string>();
  const items = inputs('metrics').flatMap(({ path, labels }): readonly MetricItem[] => {
    const metrics = parseMetrics(readFileSync(path, 'utf8'));
    if (!metrics.ok) throw new StageError(`${describeInput('metrics', labels)}: ${metrics.error}`);
    const { values, intervals, confidence } = metrics.value;
    for (const key of values.keys()) known.add(key);
    const value = values.get(name) ?? null;
    if (value === null) return [];
    const count = (what: string) => values.get(`${name.split('.')[0]}.${what}`) ?? undefined;
    const [images, groups] = [count('images'), count('groups')];
    return [
      { labels, value, interval: intervals.get(name), confidence, images, ...(images === undefined && { groups }) },
    ];
  });
  if (items.length > 0) return items;
  if (known.has(name)) throw new StageError(`Expected a number "${name}" in the metrics, got null in all of them.`);
  throw new StageError(`Expected a number of the metrics in "value", got "${name}". ${thereAre(name, known)}`);
}
