import type { InputItem, Stage } from '../../engine/config/pipeline.ts';
import { readBy } from '../../engine/graph/graph.ts';

/**
 * A selection made after numbers of the test split existed, which may have influenced it. Times are
 * milliseconds since the epoch.
 */
export interface LateSelection {
  readonly stage: string;
  readonly at: number;
  /** The stage that had the first of these numbers, and when. */
  readonly test: { readonly stage: string; readonly at: number };
}

/** Whether a stage chooses among candidates. */
export const isSelection = ({ outputs }: Stage): boolean =>
  outputs.some(({ type }) => type === 'choice');

/**
 * Selections made after test numbers of a candidate existed. `tested`: stages with such numbers,
 * also of earlier runs.
 */
export function lateSelections(
  stages: readonly Stage[],
  madeAt: (stage: string) => { readonly began: number } | undefined,
  tested: readonly LateSelection['test'][],
): readonly LateSelection[] {
  const byName = new Map(stages.map((stage) => [String(stage.name), stage]));
  const reads = (name: string, targets: ReadonlySet<string>, seen = new Set<string>()): boolean => {
    if (targets.has(name)) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    const stage = byName.get(name);
    return stage !== undefined && readBy(stage).some((reader) => reads(reader, targets, seen));
  };
  const isModel = (item: InputItem) =>
    item.from === 'stage' &&
    byName
      .get(item.stage)
      ?.outputs.some(({ port, type }) => port === item.port && type === 'model') === true;
  return stages.flatMap((stage) => {
    const began = isSelection(stage) ? madeAt(stage.name)?.began : undefined;
    if (began === undefined) return [];
    const models = stage.inputs.map((input) => ({ ...input, items: input.items.filter(isModel) }));
    const targets = new Set<string>([stage.name, ...readBy({ ...stage, inputs: models })]);
    const earlier = tested.filter(({ stage, at }) => at < began && reads(stage, targets));
    const [first] = earlier.toSorted((a, b) => a.at - b.at);
    return first === undefined ? [] : [{ stage: stage.name, at: began, test: first }];
  });
}
