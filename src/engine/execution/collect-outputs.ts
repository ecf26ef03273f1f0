import { existsSync } from 'node:fs';
import type { Stage } from '../config/pipeline.ts';
import type { DigestIndex } from '../files/digest-index.ts';
import type { Outputs } from '../plan/examine.ts';
import type { StoredArtifact } from '../store/stage-result.ts';
import { privatePath } from './attempt.ts';
import { StageFailure } from './stage-failure.ts';

/** Hashes what an attempt made. Throws a {@link StageFailure} that names every output that it did not make. */
export async function collectOutputs(stage: Stage, folder: string, digests: DigestIndex): Promise<Outputs> {
  const missing = stage.outputs.filter((output) => !existsSync(privatePath(folder, output)));
  if (missing.length > 0) {
    const names = missing.map(({ port }) => port).join(', ');
    throw new StageFailure(`ended without having made its output${missing.length > 1 ? 's' : ''} ${names}`);
  }
  const outputs: Record<string, StoredArtifact> = {};
  for (const output of stage.outputs) {
    const { folder: isFolder, files, digest, parts } = await digests.list(privatePath(folder, output));
    outputs[output.port] = { type: output.type, folder: isFolder, files, digest, parts };
  }
  return outputs;
}
