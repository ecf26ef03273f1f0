import { DiagnosticList } from '../engine/diagnostics/diagnostic.ts';
import { cacheOf } from '../engine/files/cache-paths.ts';
import { DigestIndex } from '../engine/files/digest-index.ts';
import { ListingError } from '../engine/files/walk-tree.ts';
import { PipelineError } from './pipeline-error.ts';
import type { Selection } from './selection.ts';
import { contentsChecks, saveDigests } from './workspace.ts';

/**
 * Throws a `PipelineError` where a chosen stage could not use what a file of the user's holds,
 * before anything runs.
 */
export async function checkContents(selection: Selection): Promise<void> {
  const { root, kinds, stages } = selection;
  const digests = new DigestIndex(cacheOf(root));
  const checks = contentsChecks(selection, digests);
  const mistakes = new DiagnosticList();
  for (const stage of stages) {
    const ports = kinds.get(stage.kind)?.spec.contents?.ports ?? [];
    const input = stage.inputs.find(({ port }) => ports.includes(port));
    if (input === undefined) continue;
    try {
      const message = await checks.mistakeOf(stage, () => undefined);
      if (message !== undefined) mistakes.add({ code: 'unusable-file', message, at: input.at });
    } catch (error) {
      // A file has gone meanwhile, or cannot be read: the plan says so.
      if (!(error instanceof ListingError)) throw error;
    }
  }
  saveDigests(digests, selection);
  if (!mistakes.isEmpty) throw new PipelineError(mistakes.inOrder());
}
