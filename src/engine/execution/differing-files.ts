import type { Outputs } from '../plan/examine.ts';
import type { StoredArtifact } from '../store/stage-result.ts';

/** What two runs of a stage did not make alike, as `port`, or `port/path` for a file in a folder; sorted by port and path. */
export function differingFiles(first: Outputs, second: Outputs): readonly string[] {
  return Object.entries(first).flatMap(([port, one]) => {
    const other = second[port]!;
    if (one.digest === other.digest) return [];
    const [left, right] = [contents(one), contents(other)];
    const paths = [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path));
    if (paths.length === 0) return [port]; // an empty folder in place of nothing, say
    return paths.sort().map((path) => (path === '' ? port : `${port}/${path}`));
  });
}

const contents = ({ files }: StoredArtifact): ReadonlyMap<string, string> =>
  new Map(files.map(({ path, digest, executable }) => [path, `${digest} ${executable}`]));
