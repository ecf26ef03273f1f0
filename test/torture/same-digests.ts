import type { StageResult } from '../../src/engine/store/stage-result.ts';
import type { Project } from '../support/rig.ts';

/** The results in the cache of a project. */
export const resultsOf = (project: Project): readonly StageResult[] =>
  project.files('cache/results').map((name) => JSON.parse(project.read(`cache/results/${name}`)));

/** The digests of each stage's outputs, by its fingerprint. */
export const digestsOf = (
  results: readonly StageResult[],
): Readonly<Record<string, readonly (readonly string[])[]>> =>
  Object.fromEntries(
    results.map(({ digest, outputs }) => [
      digest,
      Object.entries(outputs).map(([port, { digest }]) => [port, digest]),
    ]),
  );
