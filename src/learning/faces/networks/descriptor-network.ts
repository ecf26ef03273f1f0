import {
  add,
  avgPool,
  concat,
  conv2d,
  matMul,
  maxPool,
  mean,
  pad,
  relu,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tensor4d,
  tidy,
  zerosLike,
} from '@tensorflow/tfjs';
import { readValues } from '../../models/model-output.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import type { Box } from '../geometry.ts';
import type { FaceWeights } from './face-weights.ts';
import { meanColour, sampleSquare } from './sample-square.ts';

const side = 150;
const input = { side, position: 'centre', mean: meanColour, deviation: 255 } as const;

/** Two convolutions with a shortcut each, in order; those called `down` halve the image. */
const blocks = [
  'conv32_1',
  'conv32_2',
  'conv32_3',
  'conv64_down',
  'conv64_1',
  'conv64_2',
  'conv64_3',
  'conv128_down',
  'conv128_1',
  'conv128_2',
  'conv256_down',
  'conv256_1',
  'conv256_2',
  'conv256_down_out',
] as const;

/**
 * The residual network of dlib (King 2017) in `@vladmandic/face-api`, from a face to 128 numbers.
 * Faces of one person are mostly nearer to each other than 0.6 (Euclidean distance). Unlike the
 * classifier `face-resnet`, it leaves windows out at the border, as the package does.
 */
export class DescriptorNetwork {
  readonly #weights: FaceWeights;
  readonly #tensors: ReadonlyMap<string, Tensor>;

  /** Takes ownership of the weights. */
  constructor(weights: FaceWeights) {
    this.#weights = weights;
    const layers = ['conv32_down', ...blocks.flatMap((name) => [`${name}/conv1`, `${name}/conv2`])];
    const names = layers.flatMap((layer) => [`${layer}/filters`, `${layer}/bias`]);
    this.#tensors = new Map([...names, 'fc'].map((name) => [name, weights.tensor(name)]));
  }

  /** The descriptor of the face in a region whose edges are whole numbers. */
  async describe(image: DecodedImage, region: Box): Promise<Float32Array> {
    const pixels = sampleSquare(image, region, input);
    const output = tidy(() => this.#forward(tensor4d(pixels, [1, side, side, 3])));
    const [descriptor] = await readValues([output]);
    output.dispose();
    return descriptor!;
  }

  [Symbol.dispose](): void {
    this.#weights[Symbol.dispose]();
  }

  /** `[1, 128]`. */
  #forward(pixels: Tensor4D): Tensor {
    const first = relu(this.#convolve(pixels, 'conv32_down', 2, 'valid'));
    let features = maxPool(first, 3, 2, 'valid');
    for (const name of blocks) features = this.#block(features, name);
    return matMul(mean(features, [1, 2]) as Tensor2D, this.#tensors.get('fc') as Tensor2D);
  }

  #block(image: Tensor4D, name: string): Tensor4D {
    const isDown = name.includes('down');
    const stride = isDown ? 2 : 1;
    const hidden = relu(this.#convolve(image, `${name}/conv1`, stride, isDown ? 'valid' : 'same'));
    const output = this.#convolve(hidden, `${name}/conv2`, 1, 'same');
    if (!isDown) return relu(add<Tensor4D>(output, image));
    const pooled = avgPool(image, 2, 2, 'valid');
    // An even length gives the shortcut one position more than the convolution.
    const lacks = pooled.shape[1] - output.shape[1];
    const even = pad(output, [
      [0, 0],
      [0, lacks],
      [0, lacks],
      [0, 0],
    ]);
    const isWider = pooled.shape[3] < output.shape[3];
    const shortcut = isWider ? concat([pooled, zerosLike(pooled)], 3) : pooled;
    return relu(add<Tensor4D>(even, shortcut));
  }

  #convolve(image: Tensor4D, layer: string, stride: number, padding: 'same' | 'valid'): Tensor4D {
    const filters = this.#tensors.get(`${layer}/filters`) as Tensor4D;
    return add(conv2d(image, filters, stride, padding), this.#tensors.get(`${layer}/bias`)!);
  }
}
