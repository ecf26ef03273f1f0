import type { InputArtifact } from '../../stage.ts';
import { fileNames } from './network-ports.ts';

/** A stage that may take the network of a file. */
interface Reader {
  inputs(port: string): readonly InputArtifact[];
}

/** The file of a stage's network and its shards; undefined where it has no such input. */
export function networkPaths({ inputs }: Reader): readonly string[] | undefined {
  const files = fileNames.flatMap((port) => inputs(port));
  return files.length === 0 ? undefined : [...files, ...inputs('shards')].map(({ path }) => path);
}
