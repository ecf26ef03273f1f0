import { saveModel } from '../../src/learning/models/model-files.ts';
import type { ModelInfo } from '../../src/learning/models/model-info.ts';
import { beginNetwork } from '../../src/learning/models/weights/begin-network.ts';
import { startBackend } from '../../src/learning/training/start-backend.ts';
import type { StageContext } from '../../src/stage.ts';
import { loadOnnx } from './load-onnx.ts';
import { type LoadModelSettings, usual } from './spec.ts';

export default async function run(context: StageContext<LoadModelSettings>): Promise<void> {
  if (context.inputs('onnx').length > 0) return loadOnnx(context);
  const { model: architecture, pretrained, seed, classes, ...input } = { ...usual, ...context.settings };
  // Nothing is computed, so the simplest backend serves.
  await startBackend({ ...context, backend: 'cpu' });
  const network = { ...input, model: architecture!, seed, classes: classes.length };
  const { model, input: seen, random } = await beginNetwork(context, { ...network, ...(pretrained && { pretrained }) });
  if (random.length > 0) {
    context.warn(`The head is random and separates nothing before it is trained: ${random.join('; ')}.`);
  }
  const info: ModelInfo = {
    architecture: architecture!,
    // In label order.
    classes: [...classes],
    input: seen,
    training: { ...(pretrained !== undefined && { pretrained }), seed },
    chosenEpoch: 0,
    backend: 'none',
  };
  await saveModel(context.output('model'), { model, info });
}
