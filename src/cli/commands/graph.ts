import type { Stage } from '../../engine/config/pipeline.ts';
import { type Graph, readBy } from '../../engine/graph/graph.ts';
import { openSelection } from '../../project/open-target.ts';
import { mistake } from '../../project/pipeline-error.ts';
import { graphOf } from '../../reporting/report/stage-graph.ts';
import { print, writeUserFile } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

/** The layout recurses along the longest chain, and nobody could read a larger picture. */
const mostDrawn = 1000;

export async function graphCommand(
  words: readonly string[],
  options: { readonly set: readonly string[]; readonly svg?: string },
): Promise<void> {
  const project = await openSelection(openHere(), { words, set: options.set, last: true });
  const { stages } = project;
  if (options.svg === undefined) {
    process.stdout.write(mermaid(project.graph, stages));
    return;
  }
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
  writeUserFile(options.svg, drawGraph(graphOf(stages)));
  print(`Drew ${stages.length} stages in ${options.svg}`);
}

/**
 * Stages as a Mermaid flowchart: a line for what a stage reads, a dotted one for what it runs
 * after.
 */
export function mermaid(graph: Graph, stages: readonly Stage[]): string {
  const id = new Map(stages.map(({ name }, index) => [name, `s${index}`]));
  const lines = ['flowchart TD'];
  for (const { name, kind } of stages) {
    lines.push(`  ${id.get(name)}["${escaped(name)}<br/><small>${escaped(kind)}</small>"]`);
  }
  for (const stage of stages) {
    const { name } = stage;
    const read = new Set(readBy(stage));
    for (const source of graph.dependencies(name).filter((dependency) => id.has(dependency))) {
      lines.push(`  ${id.get(source)} ${read.has(source) ? '-->' : '-.->'} ${id.get(name)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid's own escapes: `#` begins one, quotes end the label. */
const escaped = (text: string) =>
  text.replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
