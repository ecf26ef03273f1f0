import { join, relative, resolve } from 'node:path';
import {
  beginProject,
  firstStepOf,
  pipelineOf,
  type Template,
} from '../../project/templates/begin-project.ts';
import { shellQuote } from '../../shell/shell-quote.ts';
import { print } from '../support/command-error.ts';
import { ownCommand } from '../support/command-name.ts';
import { exitCodes } from '../support/exit-codes.ts';

export async function initCommand(
  folder: string,
  { template }: { readonly template: Template },
): Promise<number> {
  for (const { name, isKept } of beginProject(resolve(folder), folder, template)) {
    const path = join(folder, name);
    print(isKept ? `kept   ${path}, which is there already` : `wrote  ${path}`);
  }
  const there = relative(process.cwd(), folder);
  const go = there === '' ? '' : `cd ${shellQuote(there)} && `;
  const first = firstStepOf(template);
  const command = `${go}${ownCommand(resolve(folder))} run ${pipelineOf(template)}`;
  print(first === undefined ? `\nNow:   ${command}` : `\nFirst: ${first}\nNow:   ${command}`);
  return exitCodes.ok;
}
