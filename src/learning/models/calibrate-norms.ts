import {
  type LayersModel,
  moments,
  type Tensor,
  tensor1d,
  model as tfjsModel,
  tidy,
} from '@tensorflow/tfjs';
import type { GraphLayer } from './graph/graph-layer.ts';
import { restoredEpsilon } from './graph/restore-norms.ts';
import { inputOf, readValues } from './model-output.ts';

/** Images of a training step. */
interface Batch {
  readonly images: Float32Array;
  readonly labels: { readonly length: number };
  release(): void;
}

/** Enough for means and variances over all places of an image. */
const mostImages = 192;

/**
 * Gives restored BatchNorms, which change nothing yet, the mean and variance of their inputs for
 * the first {@link mostImages} images, and the factor and summand that cancel them: the network
 * computes what it did, and then trains with the statistics of batches. Returns the number of
 * images.
 */
export async function calibrateNorms(
  model: LayersModel,
  names: readonly string[],
  batches: AsyncIterable<Batch>,
): Promise<number> {
  const layers = names.map((name) => model.getLayer(name) as GraphLayer);
  const outputs = layers.flatMap(({ input }) => input);
  const part = tfjsModel({ inputs: model.inputs, outputs });
  const sums = layers.map(() => new ChannelSums());
  let images = 0;
  for await (const batch of batches) {
    const statistics = tidy(() => {
      const inputs = part.apply(inputOf(part, batch.images), { training: false });
      return [inputs as Tensor | Tensor[]].flat().flatMap((x) => {
        const axes = x.shape.slice(0, -1).map((_, axis) => axis);
        const { mean, variance } = moments(x, axes);
        return [mean, variance];
      });
    });
    const values = await readValues(statistics);
    for (const value of statistics) value.dispose();
    const count = batch.labels.length;
    for (const [i, sum] of sums.entries()) sum.add(count, values[2 * i]!, values[2 * i + 1]!);
    images += count;
    batch.release();
    if (images >= mostImages) break;
  }
  for (const [i, layer] of layers.entries()) setStatistics(layer, sums[i]!);
  return images;
}

function setStatistics(layer: GraphLayer, { mean, variance }: ChannelSums): void {
  const values = {
    gamma: Float32Array.from(variance, (value) => Math.sqrt(value + restoredEpsilon)),
    beta: Float32Array.from(mean),
    moving_mean: Float32Array.from(mean),
    moving_variance: Float32Array.from(variance),
  };
  tidy(() => {
    for (const [i, { role }] of layer.form.weights.entries()) {
      layer.variables[i]!.write(tensor1d(values[role as keyof typeof values]));
    }
  });
}

/** Mean and variance of each channel over batches (Chan, Golub and LeVeque 1979). */
class ChannelSums {
  #count = 0;
  mean = new Float64Array();
  variance = new Float64Array();

  add(count: number, mean: Float32Array, variance: Float32Array): void {
    if (this.#count === 0) {
      this.mean = new Float64Array(mean.length);
      this.variance = new Float64Array(mean.length);
    }
    const all = this.#count + count;
    const share = count / all;
    for (let i = 0; i < mean.length; i++) {
      const difference = mean[i]! - this.mean[i]!;
      this.mean[i]! += difference * share;
      const within = this.variance[i]! * (1 - share) + variance[i]! * share;
      this.variance[i] = within + difference ** 2 * share * (1 - share);
    }
    this.#count = all;
  }
}
