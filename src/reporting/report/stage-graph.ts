import type { Stage } from '../../engine/config/pipeline.ts';
import type { StageGraph } from '../../learning/charts/draw-graph.ts';
import type { GraphDrawing, ReportGraph, ReportStage } from './report-model.ts';

/** More boxes than this show nothing to an eye. */
const mostNodes = 60;
/** Beyond this many stages the instances of a matrix are one box. */
const mostInstances = 24;

/** What a wide page has for it, in pixels. */
const pageWidth = 1170;

/** The graph of stages, across or down by its width; undefined for too many. Narrow pages join instances. */
export async function drawStages(
  stages: readonly Stage[],
  stateOf: (name: string) => ReportStage['state'],
): Promise<ReportGraph | undefined> {
  const joined = graphOf(stages, stateOf, true);
  const graph = stages.length > mostInstances ? joined : graphOf(stages, stateOf, false);
  if (graph.nodes.length > mostNodes) return undefined;
  const { drawGraph } = await import('../../learning/charts/draw-graph.ts'); // it loads the layout
  const draw = (drawn: StageGraph, way: 'across' | 'down') => sized(drawGraph(drawn, way));
  const narrower = (drawn: StageGraph) =>
    [draw(drawn, 'down'), draw(drawn, 'across')].sort((a, b) => a.width - b.width)[0]!;
  const across = draw(graph, 'across');
  return { wide: across.width <= pageWidth ? across : narrower(graph), narrow: narrower(joined) };
}

function graphOf(
  stages: readonly Stage[],
  stateOf: (name: string) => ReportStage['state'],
  joins: boolean,
): StageGraph {
  const boxOf = (name: string) => (joins ? name.replace(/\[.*\]$/, '') : name);
  const boxes = new Map<string, Stage[]>();
  for (const stage of stages) boxes.set(boxOf(stage.name), [...(boxes.get(boxOf(stage.name)) ?? []), stage]);
  const labelOf = (name: string) => {
    const { length } = boxes.get(boxOf(name))!;
    return length > 1 ? `${boxOf(name)} × ${length}` : boxOf(name);
  };
  const names = new Set(stages.map(({ name }) => name));
  return {
    nodes: Array.from(boxes.values(), (members) => ({
      name: labelOf(members[0]!.name),
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
}

const sized = (svg: string): GraphDrawing => ({ svg, width: Number(/ width="(\d+)"/.exec(svg)![1]) });
