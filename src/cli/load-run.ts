import { pathToFileURL } from 'node:url';
import type { RunStage } from '../stage.ts';

/** The code of a kind; `module` is the built file of a project's own kind. */
export async function loadRun(kind: string, module: string | undefined): Promise<RunStage<never>> {
  if (module !== undefined) {
    process.setSourceMapsEnabled(true); // a stack names the project's files, not the one that they were built into
    return (await import(pathToFileURL(module).href)).default;
  }
  const { kinds } = await import('../../stages/index.ts');
  const entry = kinds[kind];
  if (entry === undefined) throw new Error(`Internal error: no kind ${kind}`);
  return (await entry.run()).default;
}
