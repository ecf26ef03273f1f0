import { type Network, outputOf } from '../models/model-output.ts';
import type { Batch } from '../vision/batches/batch-loader.ts';

/** A model's logits for labelled images. */
export interface LabelledLogits {
  /** `[images, classes]`. */
  readonly logits: Float32Array;
  /** `[images]`. */
  readonly labels: Int32Array;
}

/** The predictions of a model, in the order of the batches. */
export interface Predictions extends LabelledLogits {
  /** Indices in the split's samples: `[images]`. */
  readonly indices: Uint32Array;
}

/**
 * Runs the model on every batch, in inference mode, and releases the batches. `onBatch` gets the
 * number of images of each.
 */
export async function predict(
  model: Network,
  batches: AsyncIterable<Batch>,
  onBatch: (images: number) => void = () => {},
): Promise<Predictions> {
  const logits: number[] = [];
  const labels: number[] = [];
  const indices: number[] = [];
  for await (const batch of batches) {
    // Not spread: a large batch of a thousand classes has more values than a call takes arguments.
    for (const logit of await outputOf(model, batch.images, batch.size)) logits.push(logit);
    labels.push(...batch.labels);
    indices.push(...batch.indices);
    batch.release();
    onBatch(batch.labels.length);
  }
  return {
    logits: Float32Array.from(logits),
    labels: Int32Array.from(labels),
    indices: Uint32Array.from(indices),
  };
}
