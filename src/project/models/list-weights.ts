import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findPipelineFile, findRoot } from '../../engine/config/loading/find-pipeline.ts';
import { infoFile } from '../../learning/models/model-info.ts';
import { modelSetting } from '../../learning/models/model-setting.ts';
import { openWeights } from '../../learning/models/weights/open-weights.ts';
import { besideManifest } from '../../learning/models/weights/shards.ts';
import { StageError } from '../../stage.ts';
import { mistake } from '../pipeline-error.ts';
import { pathOfWord } from './file-word.ts';

/** What a file of weights holds. */
export interface WeightListing {
  /** The file as it was named; where it holds more than weights, with the part that was taken. */
  readonly title: string;
  readonly tensors: readonly TensorRow[];
}

/** One tensor of a file. */
export interface TensorRow {
  readonly name: string;
  readonly shape: readonly number[];
  /** The type of its numbers, as the file names it. */
  readonly type: string;
  /** How many numbers it has. */
  readonly values: number;
  /** What they take in the file. */
  readonly bytes: number;
}

/**
 * Whether a word names a file of weights, or a folder with one: something on the disk that is no
 * network, no pipeline and no trained model.
 */
export function namesWeights(word: string, folder: string): boolean {
  if (modelSetting.options[0].safeParse(word).success || /\.ya?ml$/.test(word)) return false;
  const path = pathOfWord(word, folder);
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || existsSync(join(path, infoFile))) return false;
  if (status.isFile()) return true;
  const root = findRoot(folder);
  return root === undefined || !findPipelineFile(word, folder, root).ok;
}

/** The tensors of a file in its order. Throws a `PipelineError` where it holds none. */
export async function listWeights(word: string, folder: string): Promise<WeightListing> {
  const path = pathOfWord(word, folder);
  const findShard = statSync(path).isDirectory() ? undefined : besideManifest(path);
  try {
    using weights = await openWeights([path], findShard);
    const tensors = Array.from(
      weights.tensors.values(),
      ({ name, shape, type, bytes }): TensorRow => ({
        name,
        shape,
        type,
        values: shape.reduce((product, length) => product * length, 1),
        bytes,
      }),
    );
    return { title: weights.part === undefined ? word : `${weights.part} of ${word}`, tensors };
  } catch (error) {
    if (!(error instanceof StageError)) throw error;
    throw mistake('no-model', error.message);
  }
}
