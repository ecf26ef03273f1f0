import { groupBy } from '../../group-by.ts';
import type { StageGraph } from '../../learning/charts/draw-graph.ts';
import { baseName } from '../stage-base-name.ts';
import type { GraphDrawing, ReportGraph, ReportStage } from './report-model.ts';

/** Nobody can read a graph of more boxes. */
const mostNodes = 60;
/** Beyond this many stages the instances of a matrix are one box. */
const mostInstances = 24;

/** The part of a stage that is drawn: a stage of a pipeline's file, or of a stored run. */
interface DrawnStage {
  readonly name: string;
  readonly kind: string;
  readonly inputs: readonly DrawnInput[];
}

interface DrawnInput {
  readonly items: readonly DrawnItem[];
  /** The items by the candidate in the stage's slot: each of them may be read. */
  readonly bySlot?: ReadonlyMap<string, readonly DrawnItem[]>;
}

type DrawnItem =
  | { readonly from: 'stage'; readonly stage: string; readonly port: string }
  | { readonly from: 'path' };

type StateOf = (name: string) => ReportStage['state'];

/**
 * The graph of stages, across or down by its width; undefined for too many. Narrow pages join
 * instances.
 */
export async function drawStages(
  stages: readonly DrawnStage[],
  stateOf: StateOf,
): Promise<ReportGraph | undefined> {
  const joined = graphOf(stages, stateOf, true);
  const graph = stages.length > mostInstances ? joined : graphOf(stages, stateOf);
  if (graph.nodes.length > mostNodes) return undefined;
  return { wide: await drawFitting(graph), narrow: await drawFitting(joined, 0) };
}

/**
 * A graph from left to right if that fits into `room` pixels, by default those of a wide page,
 * otherwise in the narrower direction.
 */
export async function drawFitting(graph: StageGraph, room?: number): Promise<GraphDrawing> {
  // It loads the layout.
  const { drawGraph, pageWidth } = await import('../../learning/charts/draw-graph.ts');
  const across = sized(drawGraph(graph, 'across', room));
  if (across.width <= (room ?? pageWidth)) return across;
  const down = sized(drawGraph(graph, 'down', room));
  return down.width <= across.width ? down : across;
}

/**
 * The stages and what they read of each other, as it is drawn; with `joins`, the instances of a
 * matrix are one box.
 */
export function graphOf(
  stages: readonly DrawnStage[],
  stateOf?: StateOf,
  joins = false,
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
    edges: stages.flatMap(({ name, inputs }) =>
      inputs
        .flatMap(({ items, bySlot }) =>
          bySlot === undefined ? items : [...bySlot.values()].flat(),
        )
        .flatMap((item) => {
          if (item.from === 'path' || !names.has(item.stage)) return [];
          return [{ from: labelOf(item.stage), to: labelOf(name), label: item.port }];
        }),
    ),
  };
}

const sized = (svg: string): GraphDrawing => ({
  svg,
  width: Number(/ width="(\d+)"/.exec(svg)![1]),
});
