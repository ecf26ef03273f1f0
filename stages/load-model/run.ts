import { buildNet } from '../../src/models/build-net.ts';
import { initialiseWeights } from '../../src/models/initial-weights.ts';
import { saveModel } from '../../src/models/model-files.ts';
import type { ModelInfo } from '../../src/models/model-info.ts';
import { netOf } from '../../src/models/model-setting.ts';
import { beginWithWeights } from '../../src/models/weights/begin-with-weights.ts';
import { weightPaths } from '../../src/models/weights/weight-inputs.ts';
import type { StageContext } from '../../src/stage.ts';
import { startBackend } from '../../src/training/start-backend.ts';
import { usualNormalization } from '../../src/vision/pixels-to-floats.ts';
import type { LoadModelSettings } from './spec.ts';

export default async function run(context: StageContext<LoadModelSettings>): Promise<void> {
  const { model: architecture, imageSize: size, fit, kernel, normalise, ...settings } = context.settings;
  const paths = await weightPaths(context, settings.pretrained);
  if (paths === undefined) throw new Error('Internal error: a stage without weights passed the check');
  // Nothing is computed: weights go from one file into another.
  await startBackend({ ...context, backend: 'cpu' });
  const net = netOf(architecture);
  const model = buildNet(net, size);
  initialiseWeights(model, settings.seed);
  const beginning = await beginWithWeights(model, { net, imageSize: size }, paths, context.log);
  if (beginning.random.length > 0) {
    context.warn(`The head is random, and tells nothing apart before it is trained: ${beginning.random.join('; ')}.`);
  }
  const { mean, deviation } = normalise ?? beginning.normalise ?? usualNormalization;
  const info: ModelInfo = {
    architecture,
    // In label order, as every kind here takes them.
    classes: ['real', 'fake'],
    input: { size, fit, kernel, normalise: { mean: [...mean], deviation: [...deviation] } },
    training: settings,
    chosenEpoch: 0,
    backend: 'none',
  };
  await saveModel(context.output('model'), { model, info });
}
