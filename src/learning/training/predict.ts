import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { Batch } from '../vision/batches/batch-loader.ts';

/** A model's logits for images, in the order of the batches. */
export interface Predictions {
  /** `[images, 2]`: real, fake. */
  readonly logits: Float32Array;
  /** `[images]`. */
  readonly labels: Int32Array;
  /** Indices in the split's samples: `[images]`. */
  readonly indices: Uint32Array;
}

/** Runs the model on every batch, in inference mode, and releases the batches. `onBatch` gets the number of images of each. */
export async function predict(
  model: LayersModel,
  batches: AsyncIterable<Batch>,
  onBatch: (images: number) => void = () => {},
): Promise<Predictions> {
  const [logits, labels, indices] = [[], [], []] as [number[], number[], number[]];
  for await (const batch of batches) {
    logits.push(...(await outputOf(model, batch)));
    labels.push(...batch.labels);
    indices.push(...batch.indices);
    batch.release();
    onBatch(batch.labels.length);
  }
  return { logits: Float32Array.from(logits), labels: Int32Array.from(labels), indices: Uint32Array.from(indices) };
}

/** The output of a model for a batch in inference mode, `[batch, values]`; the batch is not released. */
export async function outputOf(model: LayersModel, batch: Batch): Promise<Float32Array> {
  const output = tidy(() => model.apply(imagesOf(model, batch), { training: false }) as Tensor);
  const values = await output.data<'float32'>();
  output.dispose();
  return values;
}

/** The batch's images as a tensor of the model's input shape. It may share the batch's memory: dispose of it first. */
export function imagesOf(model: LayersModel, { images, labels }: Batch): Tensor {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  return tensor(images, [labels.length, ...shape]);
}
