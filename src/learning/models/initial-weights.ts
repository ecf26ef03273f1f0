import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { fill, tensor, tidy } from '@tensorflow/tfjs';
import { Random } from '../../random.ts';

/**
 * Fills a model's convolution and dense layers as PyTorch does by default, so that results compare with those of its
 * users: kernels by He et al. 2015 ("Delving deep into rectifiers") with a = √5, which is U(-1/√fanIn, 1/√fanIn), and
 * biases from the interval of the kernel before them; fanIn is the number of inputs of one output. BatchNorm begins as the
 * identity.
 *
 * The same seed gives the same bytes; a layer's weights depend on the seed and its name alone.
 */
export function initialiseWeights({ layers }: Pick<LayersModel, 'layers'>, seed: number): void {
  tidy(() => {
    for (const layer of layers) {
      const random = new Random('weights', seed, layer.name);
      let bound = 0;
      const weights = layer.weights.map((weight) => {
        const values = weight.read();
        const name = weight.originalName.split('/').at(-1)!;
        const identity = identities[name];
        if (identity !== undefined) return fill(values.shape, identity);
        if (!name.endsWith('kernel') && name !== 'bias') return values;
        if (name !== 'bias') bound = 1 / Math.sqrt(fanIn(name, values));
        return tensor(
          Float32Array.from({ length: values.size }, () => random.between(-bound, bound)),
          values.shape,
        );
      });
      if (weights.length > 0) layer.setWeights(weights);
    }
  });
}

/** Of BatchNorm, whose weights a network that is initialised anew has trained. */
const identities: Readonly<Record<string, number>> = { gamma: 1, beta: 0, moving_mean: 0, moving_variance: 1 };

/** A depthwise kernel `[height, width, channels, 1]` sees one channel; others are `[…, in, out]`. */
function fanIn(name: string, { size, shape }: Tensor): number {
  return name === 'depthwise_kernel' ? shape[0]! * shape[1]! : size / shape.at(-1)!;
}
