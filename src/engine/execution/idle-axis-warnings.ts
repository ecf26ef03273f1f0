import { groupBy } from '../../group-by.ts';
import type { Stage, StageName } from '../config/pipeline.ts';
import { isDone, type StageOutcome } from './stage-outcome.ts';

/**
 * Warnings for axes of stages that just ran whose values gave the same bytes, although their
 * settings differ.
 */
export function idleAxisWarnings(
  stages: readonly Stage[],
  outcomes: ReadonlyMap<StageName, StageOutcome>,
): readonly string[] {
  return [...groupBy(stages, ({ name }) => name.replace(/\[.*$/, ''))].flatMap(
    ([base, instances]) => {
      if (!instances.some(({ name }) => outcomes.get(name)?.outcome === 'ran')) return [];
      return Object.keys(instances[0]!.axes).flatMap((axis) => {
        const groups = groupBy(instances, ({ axes }) => JSON.stringify({ ...axes, [axis]: '' }));
        if (![...groups.values()].every((group) => isIdle(group, outcomes))) return [];
        const values = instances.length / groups.size;
        const what = `The axis "${axis}" of "${base}" makes no difference: its ${values} values gave identical outputs`;
        return [`${what}, though the settings differ. Does the program use it?`];
      });
    },
  );
}

function isIdle(group: readonly Stage[], outcomes: ReadonlyMap<StageName, StageOutcome>): boolean {
  const given = new Set(
    group.map(({ keyedSettings, env, trial }) => JSON.stringify([keyedSettings, env, trial])),
  );
  const made = group.map(({ name }) => {
    const outcome = outcomes.get(name);
    if (outcome === undefined || !isDone(outcome)) return undefined;
    return JSON.stringify(
      Object.entries(outcome.outputs).map(([port, { digest }]) => [port, digest]),
    );
  });
  const [first] = made;
  if (group.length < 2 || given.size < group.length || first === undefined || first === '[]')
    return false;
  return made.every((value) => value === first);
}
