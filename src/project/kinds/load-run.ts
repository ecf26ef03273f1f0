import { pathToFileURL } from 'node:url';
import type { MakeProgram, RunStage } from '../../stage.ts';

/**
 * The code of a kind that a process of Restage runs; `module` is the built file of a project's own
 * kind.
 */
export async function loadRun(kind: string, module: string | undefined): Promise<RunStage<never>> {
  if (module !== undefined) {
    // A stack names the project's files, not the one that they were built into.
    process.setSourceMapsEnabled(true);
    return (await import(pathToFileURL(module).href)).default;
  }
  const entry = await builtIn(kind);
  if (!('run' in entry)) throw new Error(`Internal error: the kind ${kind} is a program`);
  return (await entry.run()).default;
}

/** What makes the program of a kind; undefined for a kind that a process of Restage runs. */
export async function loadProgram(
  kind: string,
  module: string | undefined,
): Promise<MakeProgram<never> | undefined> {
  if (module !== undefined) return undefined;
  const entry = await builtIn(kind);
  return 'program' in entry ? (await entry.program()).default : undefined;
}

async function builtIn(kind: string) {
  const { kinds } = await import('../../../stages/index.ts');
  const entry = kinds[kind];
  if (entry === undefined) throw new Error(`Internal error: no kind ${kind}`);
  return entry;
}
