import { fill, type LayersModel, type Tensor, tensor, tidy } from '@tensorflow/tfjs';
import { Random } from '../../random.ts';

/**
 * Fills the convolution and dense layers of a model as PyTorch does by default, for comparable
 * results: kernels by He et al. 2015 ("Delving deep into rectifiers") with a = √5, which is
 * U(-1/√fanIn, 1/√fanIn), and biases from the interval of the kernel before them, where fanIn is
 * the number of inputs of one output. BatchNorm begins as the identity. The weights of a layer
 * depend on the seed and its name alone.
 */
export function initialiseWeights({ layers }: Pick<LayersModel, 'layers'>, seed: number): void {
  tidy(() => {
    for (const layer of layers) {
      const random = new Random('weights', seed, layer.name);
      let bound = 0;
      const weights = layer.weights.map((weight) => {
        const { shape } = weight.read();
        const name = weight.originalName.split('/').at(-1)!;
        const identity = identities[name];
        if (identity !== undefined) return fill(shape, identity);
        const isTable = name === 'table' || name === 'cls_token' || name === 'pos_embed';
        if (isTable) return tensor(tableValues(weight.read().size, random), shape);
        const isBias = name.endsWith('bias');
        if (!name.endsWith('kernel') && !isBias) return weight.read();
        if (!isBias) bound = 1 / Math.sqrt(fanIn(name, weight.read()));
        const values = Float32Array.from({ length: weight.read().size }, () =>
          random.between(-bound, bound),
        );
        return tensor(values, weight.read().shape);
      });
      if (weights.length > 0) layer.setWeights(weights);
    }
  });
}

/**
 * The tokens and places of a transformer, and its other learned numbers that no layer multiplies
 * with: as small as Dosovitskiy et al. 2021 begin with.
 */
const tableValues = (length: number, random: Random): Float32Array =>
  Float32Array.from({ length }, () => 0.02 * random.normal());

/** The weights of a BatchNorm that does nothing. */
const identities: Readonly<Record<string, number>> = {
  gamma: 1,
  beta: 0,
  moving_mean: 0,
  moving_variance: 1,
};

/**
 * A depthwise kernel `[height, width, channels, 1]` sees one channel; others are `[…, in, out]`.
 */
const fanIn = (name: string, { size, shape }: Tensor): number =>
  name === 'depthwise_kernel' ? shape[0]! * shape[1]! : size / shape.at(-1)!;
