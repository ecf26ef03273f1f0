import { findRoot } from '../../engine/config/pipeline-files.ts';
import { formatJsonSchema, pipelineJsonSchema } from '../../engine/config/schema/json-schema.ts';
import { kindWarnings, loadKinds } from '../load-kinds.ts';
import { packageRoot } from '../package-info.ts';
import { printWarnings } from '../print-mistakes.ts';

/** `restage schema`: the JSON schema of pipeline files, with the project's own kinds. */
export async function schemaCommand(): Promise<void> {
  const own = await loadKinds(findRoot(process.cwd()) ?? packageRoot);
  printWarnings(kindWarnings(own, []));
  process.stdout.write(formatJsonSchema(pipelineJsonSchema(Array.from(own.kinds.values(), ({ spec }) => spec))));
}
