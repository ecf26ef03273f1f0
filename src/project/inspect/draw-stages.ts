import type { PipelineNode } from '../../engine/config/pipeline.ts';
import { graphOf } from '../../reporting/report/stage-graph.ts';
import { mistake } from '../pipeline-error.ts';

/** The layout recurses along the longest chain, and nobody could read a larger picture. */
const mostDrawn = 1000;

/** The graph of stages as SVG. Throws a `PipelineError` if there are too many. */
export async function drawStages(stages: readonly PipelineNode[]): Promise<string> {
  if (stages.length > mostDrawn) {
    const hint =
      'Name some of them, which brings what they need, or leave `--svg` out for Mermaid.';
    throw mistake(
      'too-large',
      `Expected at most ${mostDrawn} stages to draw, got ${stages.length}`,
      hint,
    );
  }
  const { drawGraph } = await import('../../learning/charts/draw-graph.ts');
  return drawGraph(graphOf(stages));
}
