import type { Stage } from '../../engine/config/pipeline.ts';
import { groupBy } from '../../group-by.ts';
import type { StageGraph } from '../../learning/charts/draw-graph.ts';
import { baseName } from '../history/past-run.ts';
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
  const joined = graphOf(stages, { stateOf, joins: true });
  const graph = stages.length > mostInstances ? joined : graphOf(stages, { stateOf });
  if (graph.nodes.length > mostNodes) return undefined;
  const { drawGraph } = await import('../../learning/charts/draw-graph.ts'); // it loads the layout
  const draw = (drawn: StageGraph, way: 'across' | 'down') => sized(drawGraph(drawn, way));
  const narrower = (drawn: StageGraph) =>
    [draw(drawn, 'down'), draw(drawn, 'across')].sort((a, b) => a.width - b.width)[0]!;
  const across = draw(graph, 'across');
  return { wide: across.width <= pageWidth ? across : narrower(graph), narrow: narrower(joined) };
}

/** The stages and what they read of each other, as it is drawn; with `joins`, the instances of a matrix are one box. */
export function graphOf(
  stages: readonly Stage[],
  {
    stateOf,
    joins = false,
  }: { readonly stateOf?: (name: string) => ReportStage['state']; readonly joins?: boolean } = {},
): StageGraph {
  const boxOf = (name: string) => (joins ? baseName(name) : name);
  const boxes = groupBy(stages, ({ name }) => boxOf(name));
  const labelOf = (name: string) => {
    const { length } = boxes.get(boxOf(name))!;
    return length > 1 ? `${boxOf(name)} × ${length}` : boxOf(name);
  };
  const names = new Set(stages.map(({ name }) => name));
  return {
    nodes: Array.from(boxes.values(), ([stage, ...others]) => ({
      name: labelOf(stage!.name),
      kind: stage!.kind,
      ...(stateOf !== undefined && others.length === 0 && { state: stateOf(stage!.name) }),
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
