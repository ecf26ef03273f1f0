import type { Stage, StageName } from '../config/pipeline.ts';

import { isDone, type Settled } from './execute.ts';

/**
 * Warns of axes that made no difference: instances that differ only in such an axis have other settings, or another
 * environment, and gave the same bytes. A program that ignores its seed otherwise looks sure of its result. Only stages with
 * an instance that ran just now are told; the stages behind them have the same inputs, and so are the same work.
 */
export function idleAxisWarnings(stages: readonly Stage[], ends: ReadonlyMap<StageName, Settled>): readonly string[] {
  const byBase = new Map<string, Stage[]>();
  for (const stage of stages) {
    const base = stage.name.replace(/\[.*$/, '');
    byBase.set(base, [...(byBase.get(base) ?? []), stage]);
  }
  return [...byBase].flatMap(([base, instances]) => {
    if (!instances.some(({ name }) => ends.get(name)?.outcome === 'ran')) return [];
    return Object.keys(instances[0]!.axes).flatMap((axis) => {
      const groups = new Map<string, Stage[]>();
      for (const one of instances) {
        const others = JSON.stringify({ ...one.axes, [axis]: '' });
        groups.set(others, [...(groups.get(others) ?? []), one]);
      }
      if (![...groups.values()].every((group) => isIdle(group, ends))) return [];
      const values = instances.length / groups.size;
      return [
        `The axis "${axis}" of "${base}" makes no difference: its ${values} values give outputs of the same bytes, though the settings differ. Does the program use it?`,
      ];
    });
  });
}

function isIdle(group: readonly Stage[], ends: ReadonlyMap<StageName, Settled>): boolean {
  const given = new Set(group.map(({ keyedSettings, env }) => JSON.stringify([keyedSettings, env])));
  const made = group.map(({ name }) => {
    const end = ends.get(name);
    if (end === undefined || !isDone(end)) return undefined;
    return JSON.stringify(Object.entries(end.outputs).map(([port, { digest }]) => [port, digest]));
  });
  const [first] = made;
  return (
    group.length > 1 &&
    given.size === group.length &&
    first !== undefined &&
    first !== '[]' &&
    made.every((one) => one === first)
  );
}
