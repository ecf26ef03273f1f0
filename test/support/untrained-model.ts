import { buildNet } from '../../src/learning/models/build-net.ts';
import { initialiseWeights } from '../../src/learning/models/initial-weights.ts';
import { saveModel } from '../../src/learning/models/model-files.ts';
import { type ModelSetting, netOf } from '../../src/learning/models/model-setting.ts';

/** Writes a `model` artifact with random weights, for images whose values stay in 0 to 1. */
export async function writeUntrainedModel(
  folder: string,
  { net = 'simple-net', imageSize = 56, seed = 1 }: { net?: ModelSetting; imageSize?: number; seed?: number } = {},
): Promise<void> {
  const model = buildNet(netOf(net), imageSize);
  initialiseWeights(model, seed);
  await saveModel(folder, {
    model,
    info: {
      architecture: net,
      classes: ['real', 'fake'],
      input: { size: imageSize, fit: 'cover', kernel: 'linear', normalise: { mean: [0, 0, 0], deviation: [1, 1, 1] } },
      training: {},
      chosenEpoch: 1,
      backend: 'cpu',
    },
  });
}
