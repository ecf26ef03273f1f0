import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { Batch } from '../vision/batches/batch-loader.ts';

/** What a model says of images, in the order they came. */
export interface Predictions {
  /** `[images, 2]`: real, fake. */
  readonly logits: Float32Array;
  /** `[images]`. */
  readonly labels: Int32Array;
  /** Of the images in the split's samples: `[images]`. */
  readonly indices: Uint32Array;
}

/** Runs the model on every batch, in inference mode, and releases the batches. `onBatch` hears the size of each. */
export async function predict(
  model: LayersModel,
  batches: AsyncIterable<Batch>,
  onBatch: (images: number) => void = () => {},
): Promise<Predictions> {
  const logits: number[] = [];
  const labels: number[] = [];
  const indices: number[] = [];
  for await (const batch of batches) {
    const output = tidy(() => model.apply(imagesOf(model, batch), { training: false }) as Tensor);
    logits.push(...(await output.data<'float32'>()));
    output.dispose();
    labels.push(...batch.labels);
    indices.push(...batch.indices);
    const images = batch.labels.length;
    batch.release();
    onBatch(images);
  }
  return {
    logits: Float32Array.from(logits),
    labels: Int32Array.from(labels),
    indices: Uint32Array.from(indices),
  };
}

/** The batch's images as a tensor of the model's input shape. It may share the batch's memory: dispose it first. */
export function imagesOf(model: LayersModel, { images, labels }: Batch): Tensor {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  return tensor(images, [labels.length, ...shape]);
}
