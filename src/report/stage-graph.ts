import type { Stage } from '../config/pipeline.ts';
import type { ReportStage } from './report-model.ts';

/** More boxes than this show nothing to an eye. */
const mostNodes = 60;
/** Beyond this many stages the instances of a matrix are one box. */
const mostInstances = 24;

/** The graph as SVG, each stage with how it stands; undefined where there are too many to see anything. */
export async function drawStages(
  stages: readonly Stage[],
  stateOf: (name: string) => ReportStage['state'],
): Promise<string | undefined> {
  const joins = stages.length > mostInstances;
  const boxOf = (name: string) => (joins ? name.replace(/\[.*\]$/, '') : name);
  const boxes = new Map<string, Stage[]>();
  for (const stage of stages) boxes.set(boxOf(stage.name), [...(boxes.get(boxOf(stage.name)) ?? []), stage]);
  if (boxes.size > mostNodes) return undefined;
  const names = new Set(stages.map(({ name }) => name));
  const { drawGraph } = await import('../charts/draw-graph.ts'); // it loads the layout
  return drawGraph({
    nodes: [...boxes].map(([name, members]) => ({
      name: members.length > 1 ? `${name} × ${members.length}` : name,
      kind: members[0]!.kind,
      ...(members.length === 1 && { state: stateOf(members[0]!.name) }),
    })),
    edges: stages.flatMap((stage) =>
      stage.inputs.flatMap(({ items }) =>
        items.flatMap((item) =>
          item.from === 'stage' && names.has(item.stage)
            ? [{ from: labelOf(item.stage), to: labelOf(stage.name), label: item.port }]
            : [],
        ),
      ),
    ),
  });

  function labelOf(name: string): string {
    const members = boxes.get(boxOf(name))!;
    return members.length > 1 ? `${boxOf(name)} × ${members.length}` : boxOf(name);
  }
}
