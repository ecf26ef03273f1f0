import { writeFileSync } from 'node:fs';
import { mermaid } from '../../graph/mermaid.ts';
import { exitCodes } from '../exit-codes.ts';
import { openProject } from '../open-project.ts';
import { printMistakes } from '../print-mistakes.ts';

export interface GraphOptions {
  readonly set: readonly string[];
  readonly svg?: string;
}

/** `pipeline graph`: Mermaid on the standard output, or a drawing in a file. */
export async function graphCommand(words: readonly string[], options: GraphOptions): Promise<number> {
  const opened = await openProject({ words, set: options.set, last: true });
  if (!opened.ok) return printMistakes(opened.error);
  const { stages } = opened.value;
  if (options.svg === undefined) {
    process.stdout.write(
      mermaid(
        opened.value.graph,
        stages.map(({ name }) => name),
      ),
    );
    return exitCodes.ok;
  }
  const { drawGraph } = await import('../../charts/draw-graph.ts');
  const nodes = stages.map(({ name, kind }) => ({ name, kind }));
  const edges = stages.flatMap((stage) =>
    stage.inputs.flatMap(({ items }) =>
      items.flatMap((item) => (item.from === 'stage' ? [{ from: item.stage, to: stage.name, label: item.port }] : [])),
    ),
  );
  writeFileSync(options.svg, drawGraph({ nodes, edges }));
  process.stdout.write(`Drew ${stages.length} stages in ${options.svg}\n`);
  return exitCodes.ok;
}
