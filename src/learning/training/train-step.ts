import type { LayersModel, NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import { addN, keep, minimum, scalar, tidy, variableGrads } from '@tensorflow/tfjs';
import { inputOf } from '../models/model-output.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';
import { trainingLoss } from './loss.ts';
import type { Optimizer } from './optimizer.ts';
import { trainableWeights } from './trainable-weights.ts';
import type { ClipSettings, Loss } from './training-settings.ts';
import type { WeightAverage } from './weight-average.ts';

/**
 * The loss of a step, by default the plain cross-entropy; the bound of its gradients; the average
 * that follows its weights.
 */
export interface StepOptions {
  readonly loss?: Loss;
  readonly clip?: ClipSettings;
  readonly average?: WeightAverage | undefined;
}

/**
 * One training step. Returns the logits before it, `[batch, classes]`: only they are read, so a
 * lazy backend computes all at once.
 */
export async function trainStep(
  model: LayersModel,
  optimizer: Optimizer,
  batch: Batch,
  { loss, clip, average }: StepOptions = {},
): Promise<Float32Array> {
  const weights = trainableWeights(model);
  const logits = tidy(() => {
    const images = inputOf(model, batch.images);
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

/**
 * Gradients within a bound, as PyTorch's `clip_grad_norm_` and `clip_grad_value_` leave them. By
 * norm, all are multiplied by norm / (‖g‖ + 1e-6), with ‖g‖ over all of them, where that is below 1
 * (Pascanu et al. 2013, "On the difficulty of training recurrent neural networks", algorithm 1). By
 * value, each number is clipped by itself. NaN stays NaN. The caller disposes of the result and of
 * `gradients`.
 */
export function clipGradients(gradients: NamedTensorMap, clip: ClipSettings): NamedTensorMap {
  return tidy(() => {
    const map = (change: (gradient: Tensor) => Tensor) =>
      Object.fromEntries(
        Object.entries(gradients).map(([name, gradient]) => [name, change(gradient)]),
      );
    if ('value' in clip) return map((gradient) => gradient.clipByValue(-clip.value, clip.value));
    const norm = addN(Object.values(gradients).map((gradient) => gradient.square().sum())).sqrt();
    const factor = minimum(scalar(clip.norm).div(norm.add(scalar(1e-6))), scalar(1));
    return map((gradient) => gradient.mul(factor));
  });
}
