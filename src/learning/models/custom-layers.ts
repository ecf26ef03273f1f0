import {
  add,
  concat,
  div,
  initializers,
  layers,
  matMul,
  mean,
  mul,
  relu6,
  reshape,
  rsqrt,
  serialization,
  slice,
  softmax,
  square,
  sub,
  type Tensor,
  tile,
  transpose,
  unstack,
} from '@tensorflow/tfjs';

// Layers that tfjs lacks, or has only slowly. They are registered by their names, so that a saved
// model finds them. `LayerNormalization` is tfjs's name: another program loads its own.

type Inputs = Parameters<layers.Layer['call']>[0];
type Weight = layers.Layer['weights'][number];
type LayerShape = number[];

const inputIn = (inputs: Inputs): Tensor => [inputs].flat()[0]!;
const shapeIn = (shape: unknown): LayerShape =>
  (Array.isArray((shape as unknown[])[0]) ? (shape as unknown[])[0] : shape) as LayerShape;

interface Named {
  readonly name: string;
}

/** A layer that adds weights which begin with one value each. */
abstract class WeightedLayer extends layers.Layer {
  protected constant(name: string, shape: LayerShape, value: number): Weight {
    return this.addWeight(name, shape, 'float32', initializers.constant({ value }));
  }
}

/**
 * Layer normalisation over the channels (Ba, Kiros and Hinton 2016, "Layer normalization"). tfjs's
 * own tiles mean and variance to the size of the image.
 */
class LayerNormalization extends WeightedLayer {
  static readonly className = 'LayerNormalization';
  readonly #epsilon: number;
  #gamma!: Weight;
  #beta!: Weight;

  constructor({ name, epsilon }: Named & { readonly epsilon: number }) {
    super({ name });
    this.#epsilon = epsilon;
  }

  override build(inputShape: unknown): void {
    const channels = shapeIn(inputShape).at(-1)!;
    this.#gamma = this.constant('gamma', [channels], 1);
    this.#beta = this.constant('beta', [channels], 0);
    this.built = true;
  }

  override call(inputs: Inputs): Tensor {
    const x = inputIn(inputs);
    const centred = sub(x, mean(x, -1, true));
    const variance = mean(square(centred), -1, true);
    const scaled = mul(centred, rsqrt(add(variance, this.#epsilon)));
    return add(mul(scaled, this.#gamma.read()), this.#beta.read());
  }

  override getConfig() {
    return { ...super.getConfig(), axis: -1, epsilon: this.#epsilon };
  }
}

/** A learned factor for each channel of an image. */
class LayerScale extends WeightedLayer {
  static readonly className = 'LayerScale';
  readonly #initial: number;
  #scale!: Weight;

  constructor({ name, initial }: Named & { readonly initial: number }) {
    super({ name });
    this.#initial = initial;
  }

  override build(inputShape: unknown): void {
    const channels = shapeIn(inputShape).at(-1)!;
    // PyTorch's shape, of channels first.
    this.#scale = this.constant('layer_scale', [channels, 1, 1], this.#initial);
    this.built = true;
  }

  override call(inputs: Inputs): Tensor {
    return mul(inputIn(inputs), reshape(this.#scale.read(), [-1]));
  }

  override getConfig() {
    return { ...super.getConfig(), initial: this.#initial };
  }
}

/** The pixels of an image as tokens behind a class token, with positions added. */
export class Tokens extends WeightedLayer {
  static readonly className = 'Tokens';
  #classToken!: Weight;
  #positions!: Weight;

  override build(inputShape: unknown): void {
    const [, height, width, channels] = shapeIn(inputShape) as [number, number, number, number];
    this.#classToken = this.constant('cls_token', [1, 1, channels], 0);
    this.#positions = this.constant('pos_embed', [1, height * width + 1, channels], 0);
    this.built = true;
  }

  override computeOutputShape(inputShape: unknown): LayerShape {
    const [batch, height, width, channels] = shapeIn(inputShape) as [
      number,
      number,
      number,
      number,
    ];
    return [batch, height * width + 1, channels];
  }

  override call(inputs: Inputs): Tensor {
    const x = inputIn(inputs);
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const pixels = reshape(x, [batch, height * width, channels]);
    const first = tile(this.#classToken.read(), [batch, 1, 1]);
    return add(concat([first, pixels], 1), this.#positions.read());
  }
}

/** The first token: `[batch, channels]`. */
export class ClassToken extends layers.Layer {
  static readonly className = 'ClassToken';

  override computeOutputShape(inputShape: unknown): LayerShape {
    const [batch, , channels] = shapeIn(inputShape) as [number, number, number];
    return [batch, channels];
  }

  override call(inputs: Inputs): Tensor {
    const x = inputIn(inputs);
    const [batch, , channels] = x.shape as [number, number, number];
    return reshape(slice(x, [0, 0, 0], [batch, 1, channels]), [batch, channels]);
  }
}

/**
 * Self-attention: softmax(q kᵀ / √d) v in each head of d channels, then a dense layer (Vaswani et
 * al. 2017, "Attention is all you need", equation 1). Queries, keys and values are one dense layer.
 */
export class Attention extends WeightedLayer {
  static readonly className = 'SelfAttention';
  /**
   * For those who explain a network: takes the weights of every pass, `[batch, heads, tokens,
   * tokens]`, of which each row sums to 1, and gives those that are used.
   */
  onWeights: ((weights: Tensor) => Tensor) | undefined;
  readonly #heads: number;
  #qkv!: Weight;
  #qkvBias!: Weight;
  #projection!: Weight;
  #projectionBias!: Weight;

  constructor({ name, heads }: Named & { readonly heads: number }) {
    super({ name });
    this.#heads = heads;
  }

  override build(inputShape: unknown): void {
    const channels = shapeIn(inputShape).at(-1)!;
    this.#qkv = this.constant('qkv_kernel', [channels, 3 * channels], 0);
    this.#qkvBias = this.constant('qkv_bias', [3 * channels], 0);
    this.#projection = this.constant('proj_kernel', [channels, channels], 0);
    this.#projectionBias = this.constant('proj_bias', [channels], 0);
    this.built = true;
  }

  override call(inputs: Inputs): Tensor {
    const x = inputIn(inputs);
    const [batch, tokens, channels] = x.shape as [number, number, number];
    const width = channels / this.#heads;
    const flat = reshape(x, [batch * tokens, channels]);
    const all = add(matMul<Tensor>(flat, this.#qkv.read()), this.#qkvBias.read());
    const heads = reshape(all, [batch, tokens, 3, this.#heads, width]);
    const [q, k, v] = unstack(transpose(heads, [2, 0, 3, 1, 4])) as [Tensor, Tensor, Tensor];
    const scores = div(matMul(q, k, false, true), Math.sqrt(width));
    const weights = softmax(scores);
    const used = this.onWeights?.(weights) ?? weights;
    const sums = transpose(matMul(used, v), [0, 2, 1, 3]);
    const joined = reshape(sums, [batch * tokens, channels]);
    const output = add(
      matMul<Tensor>(joined, this.#projection.read()),
      this.#projectionBias.read(),
    );
    return reshape(output, [batch, tokens, channels]);
  }

  override getConfig() {
    return { ...super.getConfig(), heads: this.#heads };
  }
}

/** x * relu6(x + 3) / 6 (Howard et al. 2019, "Searching for MobileNetV3", section 5.2). */
class HardSwish extends serialization.Serializable {
  static readonly className = 'hardSwish';

  apply(x: Tensor): Tensor {
    return div(mul(x, relu6(add(x, 3))), 6);
  }

  override getConfig() {
    return {};
  }
}

/**
 * min(max(x, 0), 6) (Sandler et al. 2018, "Inverted residuals and linear bottlenecks"). tfjs's own
 * takes the minimum of a ReLU: two operations, and two images that a step keeps.
 */
class Relu6 extends serialization.Serializable {
  static readonly className = 'relu6';

  apply(x: Tensor): Tensor {
    return relu6(x);
  }

  override getConfig() {
    return {};
  }
}

for (const own of [LayerNormalization, LayerScale, Tokens, ClassToken, Attention, HardSwish, Relu6])
  serialization.registerClass(own);

export const layerNorm = (config: Named & { readonly epsilon: number }): layers.Layer =>
  new LayerNormalization(config);
export const layerScale = (config: Named & { readonly initial: number }): layers.Layer =>
  new LayerScale(config);
export const tokens = (config: Named): layers.Layer => new Tokens(config);
export const classToken = (config: Named): layers.Layer => new ClassToken(config);
export const attention = (config: Named & { readonly heads: number }): layers.Layer =>
  new Attention(config);
