import type { StageName } from '../config/pipeline.ts';
import { type Graph, readBy } from './graph.ts';

/**
 * The graph, or the given stages of it, as a Mermaid flowchart, which GitHub and many editors draw. A line stands for what
 * a stage reads, a dotted one for what it only runs after.
 */
export function mermaid(graph: Graph, stages: readonly StageName[] = graph.order): string {
  const id = new Map(stages.map((name, index) => [name, `s${index}`]));
  const lines = ['flowchart TD'];
  for (const name of stages) {
    lines.push(`  ${id.get(name)}["${escaped(name)}<br/><small>${escaped(graph.stage(name).kind)}</small>"]`);
  }
  for (const name of stages) {
    const read = new Set<StageName>(readBy(graph.stage(name)));
    for (const other of graph.dependencies(name).filter((dependency) => id.has(dependency))) {
      lines.push(`  ${id.get(other)} ${read.has(other) ? '-->' : '-.->'} ${id.get(name)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Mermaid's own escapes: `#` begins one, quotes end the label. */
const escaped = (text: string) => text.replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`);
