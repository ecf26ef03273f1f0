import { findRoot } from '../../config/find-root.ts';
import { pipelineJsonSchema } from '../../config/json-schema.ts';
import { exitCodes } from '../exit-codes.ts';
import { loadKinds } from '../load-kinds.ts';
import { packageRoot } from '../package-info.ts';
import { printMistakes } from '../print-mistakes.ts';

/** `pipeline schema`: the JSON schema of pipeline files, with the project's own kinds. */
export async function schemaCommand(): Promise<number> {
  const kinds = await loadKinds(findRoot(process.cwd()) ?? packageRoot);
  if (!kinds.ok) return printMistakes(kinds.error);
  process.stdout.write(
    `${JSON.stringify(pipelineJsonSchema([...kinds.value.values()].map(({ spec }) => spec)), undefined, 2)}\n`,
  );
  return exitCodes.ok;
}
