import { saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { beginNetwork } from '../../src/learning/models/weights/begin-network.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { StageContext } from '../../src/stage.ts';
import type { LoadModelSettings } from './spec.ts';

export default async function run(context: StageContext<LoadModelSettings>): Promise<void> {
  const { model: architecture, pretrained, seed } = context.settings;
  // Nothing is computed, so the simplest backend serves.
  await startBackend({ ...context, backend: 'cpu' });
  const { model, input, random } = await beginNetwork(context, context.settings);
  if (random.length > 0) {
    context.warn(`The head is random and separates nothing before it is trained: ${random.join('; ')}.`);
  }
  const info: ModelInfo = {
    architecture,
    // In label order.
    classes: ['real', 'fake'],
    input,
    training: { ...(pretrained !== undefined && { pretrained }), seed },
    chosenEpoch: 0,
    backend: 'none',
  };
  await saveModel(context.output('model'), { model, info });
}
