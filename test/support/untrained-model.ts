import { buildNet } from '../../src/learning/models/build-net.ts';
import { initialiseWeights } from '../../src/learning/models/initial-weights.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { type ModelSetting, netOf } from '../../src/learning/models/model-setting.ts';

interface UntrainedModel {
  readonly net?: ModelSetting;
  readonly imageSize?: number;
  readonly seed?: number;
  readonly classes?: string[];
}

/** Writes a `model` artifact with random weights. */
export async function writeUntrainedModel(
  folder: string,
  { net = 'simple-net', imageSize = 56, seed = 1, classes = ['real', 'fake'] }: UntrainedModel = {},
): Promise<void> {
  const model = buildNet(netOf(net, classes.length), imageSize);
  initialiseWeights(model, seed);
  await saveModel(folder, { model, info: untrainedInfo(net, imageSize, classes) });
}

/**
 * What `info.json` says of a network that was not trained, for images whose values stay in 0 to 1.
 */
export function untrainedInfo(
  architecture: ModelSetting,
  imageSize: number,
  classes: string[] = ['real', 'fake'],
): ModelInfo {
  return {
    architecture,
    classes,
    input: {
      size: imageSize,
      fit: 'cover',
      kernel: 'linear',
      normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] },
    },
    training: {},
    chosenEpoch: 1,
    backend: 'cpu',
  };
}
