import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { keep, tidy, variableGrads } from '@tensorflow/tfjs';
import type { Batch } from '../vision/batches/batch-loader.ts';
import { clipGradients } from './clip-gradients.ts';
import type { ClipSettings } from './clip-settings.ts';
import { trainingLoss } from './loss.ts';
import type { Loss } from './loss-settings.ts';
import { trainableWeights } from './model-weights.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { imagesOf } from './predict.ts';
import type { WeightAverage } from './weight-average.ts';

export interface StepOptions {
  /** The plain cross-entropy when left out. */
  readonly loss?: Loss;
  /** Gradients stay as they are when left out. */
  readonly clip?: ClipSettings;
  /** Counts the step. */
  readonly average?: WeightAverage | undefined;
}

/**
 * One step of training on the loss of a batch.
 *
 * The logits are the one thing read back: a lazy backend computes the whole step for them at once, gradients and new
 * weights too, and the values that are followed come from them, elsewhere.
 *
 * @returns The logits before the step, `[batch, 2]`.
 */
export async function trainStep(
  model: LayersModel,
  optimizer: Optimizer,
  batch: Batch,
  { loss, clip, average }: StepOptions = {},
): Promise<Float32Array> {
  const weights = trainableWeights(model);
  const logits = tidy(() => {
    const images = imagesOf(model, batch);
    let output: Tensor | undefined;
    const { grads } = variableGrads(() => {
      output = keep(model.apply(images, { training: true }) as Tensor);
      return trainingLoss(batch, output, loss);
    }, weights);
    optimizer.step(clip === undefined ? grads : clipGradients(grads, clip));
    average?.update();
    return output!;
  });
  const values = await logits.data<'float32'>();
  logits.dispose();
  return values;
}
