import { drawStages } from '../../project/inspect/draw-stages.ts';
import { openSelection } from '../../project/open-target.ts';
import { selectedNodes } from '../../project/selection.ts';
import { writeUserFile } from '../../project/write-user-file.ts';
import { mermaid } from '../../reporting/terminal/mermaid.ts';
import { print } from '../support/command-error.ts';
import { openHere } from '../support/open-here.ts';

export async function graphCommand(
  words: readonly string[],
  options: { readonly set: readonly string[]; readonly svg?: string },
): Promise<void> {
  const request = { words, set: options.set, last: true };
  const selection = await openSelection(openHere(), request);
  const stages = selectedNodes(selection);
  if (options.svg === undefined) {
    process.stdout.write(mermaid(selection.nodes, stages));
    return;
  }
  writeUserFile(process.cwd(), options.svg, await drawStages(stages));
  print(`Drew ${stages.length} stages in ${options.svg}`);
}
