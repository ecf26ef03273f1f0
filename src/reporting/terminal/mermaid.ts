import { type Graph, type GraphNode, readBy } from '../../engine/graph/graph.ts';

/** A stage as a box of the chart. */
interface ChartNode extends GraphNode {
  readonly kind: string;
}

/**
 * Stages as a Mermaid flowchart: a line for what a stage reads, a dotted one for what it runs
 * after.
 */
export function mermaid(graph: Graph<ChartNode>, stages: readonly ChartNode[]): string {
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
