import { formatFew } from '../../format-numbers.ts';
import type { Outputs } from '../plan/examine.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import type { AttemptOutcome } from './execution.ts';
import { StageFailure } from './stage-failures.ts';
import type { DoneStage } from './stage-outcome.ts';

/** Whether two runs of a stage (`--twice`) gave the same bytes, and a message about it. */
export function compareAttempts(
  first: DoneStage,
  second: AttemptOutcome | StageFailure,
): { readonly repeats: boolean; readonly message: string } {
  if (second instanceof StageFailure) {
    const message = `ran twice, and the second time it failed: ${second.message.replaceAll('\n', '; ')}. The first result is kept`;
    return { repeats: false, message };
  }
  if (!first.recorded || second.edited.length > 0) {
    return {
      repeats: false,
      message: 'ran twice, but an input changed meanwhile: the two runs cannot be compared',
    };
  }
  const differing = differingFiles(first.outputs, second.result.outputs);
  if (differing.length === 0)
    return { repeats: true, message: 'ran twice, and gave the same bytes' };
  const message = `ran twice, and produced different bytes the second time: ${formatFew(differing, 4)}. The first result is kept`;
  return { repeats: false, message };
}

/**
 * The files that differ, as `port`, or `port/path` for a file in a folder; sorted by port and path.
 */
function differingFiles(first: Outputs, second: Outputs): readonly string[] {
  return Object.entries(first).flatMap(([port, firstArtifact]) => {
    const secondArtifact = second[port]!;
    if (firstArtifact.digest === secondArtifact.digest) return [];
    const left = contents(firstArtifact);
    const right = contents(secondArtifact);
    const paths = [...new Set([...left.keys(), ...right.keys()])].filter(
      (path) => left.get(path) !== right.get(path),
    );
    if (paths.length === 0) return [port]; // such as an empty folder instead of a file
    return paths.sort().map((path) => (path === '' ? port : `${port}/${path}`));
  });
}

const contents = ({ files }: StoredArtifact): ReadonlyMap<string, string> =>
  new Map(files.map(({ path, digest, executable }) => [path, `${digest} ${executable}`]));
