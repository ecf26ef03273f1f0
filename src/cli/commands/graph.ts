import type { Diagnostic } from '../../engine/diagnostics/diagnostic.ts';
import { mermaid } from '../../engine/graph/mermaid.ts';
import { MistakesError, orThrow } from '../command-error.ts';
import { openProject } from '../open-project.ts';
import { writeUserFile } from '../write-user-file.ts';

/** The layout recurses along the longest chain, and a larger picture would show nothing to an eye. */
const mostDrawn = 1000;

export interface GraphOptions {
  readonly set: readonly string[];
  readonly svg?: string;
}

/** `restage graph`: Mermaid on the standard output, or a drawing in a file. */
export async function graphCommand(words: readonly string[], options: GraphOptions): Promise<void> {
  const project = orThrow(await openProject({ words, set: options.set, last: true }));
  const { stages } = project;
  if (options.svg === undefined) {
    process.stdout.write(
      mermaid(
        project.graph,
        stages.map(({ name }) => name),
      ),
    );
    return;
  }
  if (stages.length > mostDrawn) throw new MistakesError([tooManyToDraw(stages.length)]);
  const { drawGraph } = await import('../../learning/charts/draw-graph.ts');
  const nodes = stages.map(({ name, kind }) => ({ name, kind }));
  const edges = stages.flatMap((stage) =>
    stage.inputs.flatMap(({ items }) =>
      items.flatMap((item) => (item.from === 'stage' ? [{ from: item.stage, to: stage.name, label: item.port }] : [])),
    ),
  );
  const svg = drawGraph({ nodes, edges });
  writeUserFile(options.svg, svg);
  process.stdout.write(`Drew ${stages.length} stages in ${options.svg}\n`);
}

function tooManyToDraw(stages: number): Diagnostic {
  const message = `Expected at most ${mostDrawn} stages to draw, got ${stages}`;
  const hint = 'Name some of them, which brings what they need, or leave `--svg` out for Mermaid.';
  return { code: 'too-large', message, hint };
}
