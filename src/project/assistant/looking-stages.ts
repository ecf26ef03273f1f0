import type { LocatedStage } from '../../engine/config/pipeline.ts';

/**
 * The stages that look at sealed images, and all that read what these made: what they show says
 * something about a sealed test set.
 */
export function lookingStages(stages: readonly LocatedStage[]): ReadonlySet<string> {
  const byName = new Map(stages.map((stage) => [stage.name as string, stage]));
  const looking = new Set<string>();
  for (let before = -1; looking.size > before; ) {
    before = looking.size;
    for (const stage of stages) if (looks(stage, byName, looking)) looking.add(stage.name);
  }
  return looking;
}

function looks(
  { inputs }: LocatedStage,
  byName: ReadonlyMap<string, LocatedStage>,
  looking: ReadonlySet<string>,
): boolean {
  return inputs.some(({ items, parts, sealed }) =>
    items.some((item) => {
      if (item.from !== 'stage') return false;
      if (looking.has(item.stage)) return true;
      const output = byName.get(item.stage)?.outputs.find(({ port }) => port === item.port);
      const read = (output?.sealed ?? []).filter((part) => parts?.includes(part) ?? true);
      return read.length > 0 && sealed !== 'hidden';
    }),
  );
}
