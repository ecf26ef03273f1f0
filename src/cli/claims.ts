import type { Kinds } from '../config/load-context.ts';
import { loadPipeline } from '../config/load-pipeline.ts';
import type { Output, StageName } from '../config/pipeline.ts';
import { filesOfPipeline } from '../config/pipeline-name.ts';

/** What a pipeline's file claims now: its outputs by published path. */
export type Claims = ReadonlyMap<string, { readonly stage: StageName; readonly output: Output }>;

/** The claims of a pipeline by name: none when its file is gone, undefined when its file has mistakes. */
export async function claimsOf(pipeline: string, root: string, kinds: Kinds): Promise<Claims | undefined> {
  const claims = new Map<string, { readonly stage: StageName; readonly output: Output }>();
  for (const file of filesOfPipeline(pipeline, root)) {
    const loaded = await loadPipeline({ root, file, kinds });
    if (!loaded.ok) return undefined;
    for (const { name, outputs } of loaded.value.stages) {
      for (const output of outputs) claims.set(output.path, { stage: name, output });
    }
  }
  return claims;
}
