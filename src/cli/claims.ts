import type { Kinds } from '../engine/config/load-context.ts';
import { loadPipeline } from '../engine/config/load-pipeline.ts';
import { filesOfPipeline, reportPath } from '../engine/config/pipeline-name.ts';
import type { Span } from '../engine/diagnostics/diagnostic.ts';

/** What a pipeline's file claims now, by published path: its stages' outputs, and the report, which stands nowhere in it. */
export type Claims = ReadonlyMap<string, { readonly stage: string; readonly at?: Span }>;

/** The claims of a pipeline by name: none when its file is gone, undefined when its file has mistakes. */
export async function claimsOf(pipeline: string, root: string, kinds: Kinds): Promise<Claims | undefined> {
  const claims = new Map<string, { readonly stage: string; readonly at?: Span }>();
  for (const file of filesOfPipeline(pipeline, root)) {
    const loaded = await loadPipeline({ root, file, kinds });
    if (!loaded.ok) return undefined;
    claims.set(reportPath(pipeline), { stage: 'report' });
    for (const { name, outputs } of loaded.value.stages) {
      for (const { path, at } of outputs) claims.set(path, { stage: name, at });
    }
  }
  return claims;
}
