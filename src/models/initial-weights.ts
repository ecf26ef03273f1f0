import type { LayersModel } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import { Random } from '../random.ts';

/**
 * Fills a model's convolution and dense layers as PyTorch does by default, so that results compare with those of its
 * users: kernels by He et al. 2015 ("Delving deep into rectifiers") with a = √5, which is U(-1/√fanIn, 1/√fanIn), and
 * biases from the same interval; fanIn is the number of inputs of one output.
 *
 * The same seed gives the same bytes; a layer's weights depend on the seed and its name alone.
 *
 * @param model Its layers hold a kernel `[…, in, out]`, then maybe a bias `[out]`, or no weights.
 */
export function initialiseWeights(model: LayersModel, seed: number): void {
  tidy(() => {
    for (const layer of model.layers) {
      const [kernel, ...others] = layer.getWeights();
      if (kernel === undefined) continue;
      const bound = 1 / Math.sqrt(kernel.size / kernel.shape.at(-1)!);
      const random = new Random('weights', seed, layer.name);
      const draw = ({ size, shape }: { readonly size: number; readonly shape: number[] }) =>
        tensor(
          Float32Array.from({ length: size }, () => random.between(-bound, bound)),
          shape,
        );
      layer.setWeights([kernel, ...others].map(draw));
    }
  });
}
