import type { Downloader, InputArtifact } from '../../stage.ts';
import { fileNames } from './network-ports.ts';
import { isPublishedNetwork, type Pretrained, publishedWeights } from './published-weights.ts';

/** A stage that may take the network of a file. */
interface Reader {
  inputs(port: string): readonly InputArtifact[];
}

/** The file of a stage's network and its shards; undefined where it has no such input. */
export function networkPaths({ inputs }: Reader): readonly string[] | undefined {
  const files = fileNames.flatMap((port) => inputs(port));
  return files.length === 0 ? undefined : [...files, ...inputs('shards')].map(({ path }) => path);
}

/** The same, or the files of a published network that a setting names. */
export async function networkFiles(
  context: Reader & Downloader & { readonly settings: Pretrained },
): Promise<readonly string[] | undefined> {
  if (!isPublishedNetwork(context.settings)) return networkPaths(context);
  return await Promise.all(
    publishedWeights(context.settings).map((file) => context.download(file)),
  );
}
