import { editorSchema } from '../../project/editor-schema.ts';
import { findKinds } from '../../project/find-kind.ts';
import { kindWarnings } from '../../project/kinds/load-kinds.ts';
import { printWarnings, warnOnStderr } from '../support/command-error.ts';

export async function schemaCommand(): Promise<void> {
  const loadedKinds = await findKinds(process.cwd(), warnOnStderr);
  printWarnings(kindWarnings(loadedKinds, []));
  process.stdout.write(editorSchema(Array.from(loadedKinds.kinds.values(), ({ spec }) => spec)));
}
