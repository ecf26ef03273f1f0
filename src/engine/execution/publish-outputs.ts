import type { Stage } from '../config/pipeline.ts';
import type { StageResult } from '../store/stage-result.ts';
import { privatePath } from './attempt.ts';
import type { Execution } from './execution.ts';

/**
 * Puts every output of a result at its published path, from the cache or from an attempt's folder. Tells the user of
 * each file of theirs that was in the way. False when the source could not give all of it: it must be made again.
 */
export async function publishOutputs(
  stage: Stage,
  result: StageResult,
  folder: string | undefined,
  { world, publisher, emit }: Execution,
): Promise<boolean> {
  for (const output of stage.outputs) {
    const artifact = result.outputs[output.port];
    if (artifact === undefined)
      throw new Error(`Internal error: the result of ${stage.name} has no output ${output.port}`);
    const owner = { pipeline: world.pipeline.name, stage: stage.name, port: output.port };
    const from = folder === undefined ? undefined : privatePath(folder, output);
    const publication = await publisher.publish(artifact, output.path, owner, from);
    if (!publication.ok) return false;
    if (publication.displaced !== undefined) {
      const message = `${output.path} held something that Restage did not put there: it was moved to ${publication.displaced}`;
      emit({ type: 'warning', stage: stage.name, message, time: Date.now() });
    }
  }
  return true;
}
