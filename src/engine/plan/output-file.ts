import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StageName } from '../config/pipeline.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import type { Store } from '../store/store.ts';
import type { PipelineGraph } from './examine.ts';

/** Where outputs of stages lie. */
export interface OutputSources extends PipelineGraph {
  readonly store: Store;
}

/** An output of a stage that is one file. */
export interface FileOutput {
  readonly stage: StageName;
  readonly port: string;
  readonly artifact: StoredArtifact;
}

/**
 * The path of an output that is one file: in the store, into which it is fetched if it is
 * elsewhere, or where it is published. Undefined if it is gone from the shared store.
 */
export async function pathOfOutput(
  { stage, port, artifact }: FileOutput,
  { graph, pipeline, store }: OutputSources,
): Promise<string | undefined> {
  const isFetched = await store.fetch([artifact]);
  const stored = store.local.objectPath(artifact.files[0]!.digest);
  if (existsSync(stored)) return stored;
  const { path } = graph.stage(stage).outputs.find((output) => output.port === port)!;
  const published = join(pipeline.root, path);
  return isFetched || existsSync(published) ? published : undefined;
}
