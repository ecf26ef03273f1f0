import type { Stage, StageName } from '../config/pipeline.ts';
import { isDone, type StageOutcome } from './execution.ts';

/**
 * Warns of axes whose values differ in settings or environment but gave the same bytes: the program may ignore a seed.
 * It concerns stages that just ran; their readers have equal inputs anyway.
 */
export function idleAxisWarnings(
  stages: readonly Stage[],
  outcomes: ReadonlyMap<StageName, StageOutcome>,
): readonly string[] {
  const byBase = new Map<string, Stage[]>();
  for (const stage of stages) {
    const base = stage.name.replace(/\[.*$/, '');
    byBase.set(base, [...(byBase.get(base) ?? []), stage]);
  }
  return [...byBase].flatMap(([base, instances]) => {
    if (!instances.some(({ name }) => outcomes.get(name)?.outcome === 'ran')) return [];
    return Object.keys(instances[0]!.axes).flatMap((axis) => {
      const groups = new Map<string, Stage[]>();
      for (const one of instances) {
        const others = JSON.stringify({ ...one.axes, [axis]: '' });
        groups.set(others, [...(groups.get(others) ?? []), one]);
      }
      if (![...groups.values()].every((group) => isIdle(group, outcomes))) return [];
      const values = instances.length / groups.size;
      return [
        `The axis "${axis}" of "${base}" makes no difference: its ${values} values give outputs of the same bytes, though the settings differ. Does the program use it?`,
      ];
    });
  });
}

function isIdle(group: readonly Stage[], outcomes: ReadonlyMap<StageName, StageOutcome>): boolean {
  const given = new Set(group.map(({ keyedSettings, env }) => JSON.stringify([keyedSettings, env])));
  const made = group.map(({ name }) => {
    const outcome = outcomes.get(name);
    if (outcome === undefined || !isDone(outcome)) return undefined;
    return JSON.stringify(Object.entries(outcome.outputs).map(([port, { digest }]) => [port, digest]));
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
