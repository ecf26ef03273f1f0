import type { LayersModel, Scalar, Tensor, Variable } from '@tensorflow/tfjs';
import { keep, losses, tensor, tidy, variableGrads } from '@tensorflow/tfjs';
import type { Batch } from '../vision/batch-loader.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { imagesOf } from './predict.ts';

/** The weights that training moves, in the order of layers. */
export function trainableWeights(model: LayersModel): Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as Variable);
}

/**
 * One step of training on the mean softmax cross-entropy of a batch.
 *
 * The logits are the one thing read back: a lazy backend computes the whole step for them at once, gradients and new
 * weights too, and the loss follows from them here.
 *
 * @returns The logits before the step, `[batch, 2]`.
 */
export async function trainStep(model: LayersModel, optimizer: Optimizer, batch: Batch): Promise<Float32Array> {
  const weights = trainableWeights(model);
  const logits = tidy(() => {
    const images = imagesOf(model, batch);
    const targets = oneHot(batch.labels);
    let output: Tensor | undefined;
    const { grads } = variableGrads(() => {
      output = keep(model.apply(images, { training: true }) as Tensor);
      return losses.softmaxCrossEntropy(targets, output) as Scalar;
    }, weights);
    optimizer.step(grads);
    return output!;
  });
  const values = await logits.data<'float32'>();
  logits.dispose();
  return values;
}

/** `[batch, 2]`, 1 where the class is. */
function oneHot(labels: ArrayLike<number>): Tensor {
  const values = new Float32Array(2 * labels.length);
  for (let i = 0; i < labels.length; i++) values[2 * i + labels[i]!] = 1;
  return tensor(values, [labels.length, 2]);
}
