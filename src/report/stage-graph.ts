import type { StageGraph } from '../charts/draw-graph.ts';
import type { Stage } from '../config/pipeline.ts';
import type { GraphDrawing, ReportGraph, ReportStage } from './report-model.ts';

/** More boxes than this show nothing to an eye. */
const mostNodes = 60;
/** Beyond this many stages the instances of a matrix are one box. */
const mostInstances = 24;

/** What a wide page has for it, in pixels. */
const pageWidth = 1170;

/**
 * The graph, each stage with how it stands; undefined where there are too many to see anything. It goes across, as graphs do, or
 * down where across it would run off the page.
 */
export async function drawStages(
  stages: readonly Stage[],
  stateOf: (name: string) => ReportStage['state'],
): Promise<ReportGraph | undefined> {
  const joins = stages.length > mostInstances;
  const boxOf = (name: string) => (joins ? name.replace(/\[.*\]$/, '') : name);
  const boxes = new Map<string, Stage[]>();
  for (const stage of stages) boxes.set(boxOf(stage.name), [...(boxes.get(boxOf(stage.name)) ?? []), stage]);
  if (boxes.size > mostNodes) return undefined;
  const names = new Set(stages.map(({ name }) => name));
  const { drawGraph } = await import('../charts/draw-graph.ts'); // it loads the layout
  const graph: StageGraph = {
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
  };
  const [across, down] = (['across', 'down'] as const).map((way) => sized(drawGraph(graph, way))) as [
    GraphDrawing,
    GraphDrawing,
  ];
  const narrow = down.width < across.width ? down : across;
  return { wide: across.width <= pageWidth ? across : narrow, narrow };

  function labelOf(name: string): string {
    const members = boxes.get(boxOf(name))!;
    return members.length > 1 ? `${boxOf(name)} × ${members.length}` : boxOf(name);
  }
}

const sized = (svg: string): GraphDrawing => ({ svg, width: Number(/ width="(\d+)"/.exec(svg)![1]) });
