import { isDeepStrictEqual } from 'node:util';
import type { Digest } from '../../digest.ts';
import type { ProgramCode, Stage } from '../config/pipeline.ts';
import { changedSource } from './ticket.ts';

/** How the code with which a run decided is found again. */
export interface CodeFacts {
  readonly root: string;
  /** The digest of Restage's own code as it was when the run began, and as it is now. */
  readonly build: Digest;
  readonly buildNow: () => Digest;
  /** The built code of the project's own kinds, by kind. */
  readonly modules: ReadonlyMap<string, string>;
  readonly findCode: (stage: Stage, root: string) => Promise<ProgramCode>;
}

/** Whether the code with which this process decided about a stage has changed on this machine. */
export async function isOutdated(
  { code, ...stage }: Stage,
  { root, build, buildNow, modules, findCode }: CodeFacts,
): Promise<boolean> {
  if (buildNow() !== build || changedSource(modules.get(stage.kind), root) !== undefined)
    return true;
  return (
    code !== undefined &&
    !isDeepStrictEqual((await findCode({ ...stage, code }, root)).sources, code.sources)
  );
}
