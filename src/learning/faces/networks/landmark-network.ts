import {
  add,
  avgPool,
  conv2d,
  depthwiseConv2d,
  matMul,
  relu,
  reshape,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs';
import { readValues } from '../../models/model-output.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import { type Box, heightOf, type Point, widthOf } from '../geometry.ts';
import type { FaceWeights } from './face-weights.ts';
import { wholePixels } from './regions.ts';
import { meanColour, sampleSquare } from './sample-square.ts';

const side = 112;
const input = { side, position: 'centre', mean: meanColour, deviation: 255 } as const;

/** Blocks of four convolutions, each with half the size of the one before. */
const blocks = ['dense0', 'dense1', 'dense2', 'dense3'] as const;

/**
 * The network of `@vladmandic/face-api` that finds 68 landmarks (in the order of the 300-W data
 * set, Sagonas et al. 2013) in the box of a face: 16 convolutions in four densely connected blocks.
 */
export class LandmarkNetwork {
  readonly #weights: FaceWeights;
  readonly #tensors: ReadonlyMap<string, Tensor>;

  /** Takes ownership of the weights. */
  constructor(weights: FaceWeights) {
    this.#weights = weights;
    this.#tensors = new Map(
      [...layerNames(), 'fc/weights', 'fc/bias'].map((name) => [name, weights.tensor(name)]),
    );
  }

  /** The 68 landmarks of the face in a box, in pixels of the image. */
  async locate(image: DecodedImage, box: Box): Promise<readonly Point[]> {
    const region = wholePixels(box, image);
    const pixels = sampleSquare(image, region, input);
    const output = tidy(() => this.#forward(tensor4d(pixels, [1, side, side, 3])));
    const [values] = await readValues([output]);
    output.dispose();
    const width = widthOf(region);
    const height = heightOf(region);
    const square = Math.max(width, height);
    return Array.from({ length: 68 }, (_, landmark) => ({
      x: box.left + values![2 * landmark]! * square - (square - width) / 2,
      y: box.top + values![2 * landmark + 1]! * square - (square - height) / 2,
    }));
  }

  [Symbol.dispose](): void {
    this.#weights[Symbol.dispose]();
  }

  /** `[1, 136]`: x and y of every landmark, 0 to 1 of the input. */
  #forward(pixels: Tensor4D): Tensor {
    let features = pixels;
    for (const block of blocks) features = this.#block(features, block);
    const pooled = avgPool(features, 7, 2, 'valid');
    const flat = reshape(pooled, [1, -1]) as Tensor2D;
    return add(matMul(flat, this.#tensors.get('fc/weights')!), this.#tensors.get('fc/bias')!);
  }

  /** Every convolution takes the sum of all that came before it in the block. */
  #block(image: Tensor4D, block: string): Tensor4D {
    let sum = relu(this.#convolve(image, `${block}/conv0`, 2));
    let features = sum;
    for (const layer of ['conv1', 'conv2', 'conv3']) {
      sum = add(sum, this.#convolve(features, `${block}/${layer}`, 1));
      features = relu(sum);
    }
    return features;
  }

  #convolve(image: Tensor4D, layer: string, stride: number): Tensor4D {
    const weight = (end: string) => this.#tensors.get(`${layer}/${end}`) as Tensor4D;
    if (layer === firstLayer) {
      return add(conv2d(image, weight('filters'), stride, 'same'), weight('bias'));
    }
    const spread = depthwiseConv2d(image, weight('depthwise_filter'), stride, 'same');
    return add(conv2d(spread, weight('pointwise_filter'), 1, 'same'), weight('bias'));
  }
}

/** The only convolution that is not separable. */
const firstLayer = 'dense0/conv0';

function layerNames(): readonly string[] {
  const layers = blocks.flatMap((block) => [0, 1, 2, 3].map((index) => `${block}/conv${index}`));
  return layers.flatMap((layer) => {
    const filters = layer === firstLayer ? ['filters'] : ['depthwise_filter', 'pointwise_filter'];
    return [...filters, 'bias'].map((end) => `${layer}/${end}`);
  });
}
