import { type LayersModel, layers, mul, type Tensor, tensor } from '@tensorflow/tfjs';
import { Random } from '../../random.ts';

type Inputs = Parameters<layers.Layer['call']>[0];

/**
 * Dropout (Srivastava et al. 2014): a training step sets a random share `rate` of values to 0 and
 * divides the others by 1 - rate. tfjs's own layer draws from `Math.random`, or repeats its draws
 * at every step; this one gets a seed before each. It is saved as tfjs's own.
 */
export class SeededDropout extends layers.Layer {
  static readonly className = 'Dropout';
  readonly #rate: number;
  #random: Random | undefined;

  constructor({ name, rate }: { readonly name: string; readonly rate: number }) {
    super({ name });
    this.#rate = rate;
  }

  /** Serves only the next training step. */
  seed(random: Random): void {
    this.#random = random;
  }

  override call(inputs: Inputs, { training = false }: { readonly training?: boolean }): Tensor {
    const values = [inputs].flat()[0]!;
    if (!training || this.#rate === 0) return values;
    const random = this.#random;
    if (random === undefined)
      throw new Error(`Internal error: ${this.name} has no seed for this step`);
    this.#random = undefined;
    const kept = 1 / (1 - this.#rate);
    const mask = Float32Array.from({ length: values.size }, () =>
      random.float() < this.#rate ? 0 : kept,
    );
    return mul(values, tensor(mask, values.shape));
  }

  override getConfig() {
    return { ...super.getConfig(), rate: this.#rate };
  }
}

export const seededDropout = (config: {
  readonly name: string;
  readonly rate: number;
}): layers.Layer => new SeededDropout(config);

/**
 * Seeds every dropout layer of a model for the next training step; each layer draws from a stream
 * of its own.
 */
export function seedDropout(model: LayersModel, ...seeds: readonly number[]): void {
  for (const layer of model.layers) {
    if (layer instanceof SeededDropout) layer.seed(new Random('dropout', ...seeds, layer.name));
  }
}

export const isSeededDropout = (layer: layers.Layer): layer is SeededDropout =>
  layer instanceof SeededDropout;
