import {
  concat,
  fused,
  type Rank,
  reshape,
  type Tensor,
  type Tensor4D,
  tensor4d,
  tidy,
} from '@tensorflow/tfjs';
import { readValues } from '../../models/model-output.ts';
import type { DecodedImage } from '../../vision/decode-image.ts';
import { type Detection, type Detector, suppress } from '../detector.ts';
import { type Box, intersectionOf } from '../geometry.ts';
import type { FaceWeights } from './face-weights.ts';
import { sampleSquare } from './sample-square.ts';

/** Pixels a side of the network's input. */
const side = 512;
const input = { side, position: 'corner', mean: [127.5, 127.5, 127.5], deviation: 127.5 } as const;

/** The pairs of a depthwise and a pointwise convolution that halve the image. */
const halving: ReadonlySet<number> = new Set([2, 4, 6, 12]);
const pairs = 13;
/** The pair whose output has the finest boxes. */
const finestPair = 11;
const epsilon = 0.0010000000474974513;
/** Numbers of the box encoding are multiplied by these (`center_variance`, `size_variance`). */
const centreScale = 1 / 10;
const sizeScale = 1 / 5;

/** A convolution followed by a summand for each filter. */
interface Convolution {
  readonly filters: Tensor;
  readonly bias: Tensor;
}

/**
 * SSD MobileNet V1 (Liu et al. 2016, "SSD"; Howard et al. 2017, "MobileNets"), the detector of
 * `@vladmandic/face-api`: 5118 boxes at six scales, each with a score.
 */
export class SsdMobileNet implements Detector {
  readonly #weights: FaceWeights;
  readonly #convolutions = new Map<string, Convolution>();
  /** `[5118, 4]`: top, left, bottom and right of every box before it is moved, 0 to 1. */
  readonly #anchors: Float32Array;

  /** Takes ownership of the weights. */
  constructor(weights: FaceWeights) {
    this.#weights = weights;
    this.#anchors = weights.read('Output/extra_dim').values;
    this.#readPointwise('MobilenetV1', 0);
    for (let pair = 1; pair <= pairs; pair++) {
      this.#readDepthwise(pair);
      this.#readPointwise('MobilenetV1', pair);
    }
    for (let index = 0; index < 8; index++) this.#readPointwise('Prediction', index);
    for (let index = 0; index < 6; index++) {
      for (const head of ['BoxEncodingPredictor', 'ClassPredictor']) {
        const name = `Prediction/BoxPredictor_${index}/${head}`;
        this.#convolutions.set(name, {
          filters: weights.tensor(`${name}/weights`),
          bias: weights.tensor(`${name}/biases`),
        });
      }
    }
  }

  async detect(image: DecodedImage, minScore: number): Promise<readonly Detection[]> {
    const whole = { left: 0, top: 0, right: image.width, bottom: image.height };
    const pixels = sampleSquare(image, whole, input);
    const outputs = tidy(() => this.#forward(tensor4d(pixels, [1, side, side, 3])));
    const [encodings, logits] = await readValues(outputs);
    for (const output of outputs) output.dispose();
    return suppress(this.#decode(encodings!, logits!, whole, minScore));
  }

  [Symbol.dispose](): void {
    this.#weights[Symbol.dispose]();
  }

  #readPointwise(part: string, index: number): void {
    const name = `${part}/Conv2d_${index}_pointwise`;
    this.#convolutions.set(name, {
      filters: this.#weights.tensor(`${name}/weights`),
      bias: this.#weights.tensor(`${name}/convolution_bn_offset`),
    });
  }

  /** Batch normalisation becomes part of the convolution: y = (x * k - m) g / s + b. */
  #readDepthwise(pair: number): void {
    const name = `MobilenetV1/Conv2d_${pair}_depthwise`;
    const valuesOf = (end: string) => this.#weights.read(`${name}/${end}`).values;
    const variance = valuesOf('BatchNorm/moving_variance');
    const mean = valuesOf('BatchNorm/moving_mean');
    const offset = valuesOf('BatchNorm/beta');
    const scale = valuesOf('BatchNorm/gamma').map(
      (gamma, channel) => gamma / Math.sqrt(variance[channel]! + epsilon),
    );
    const filters = valuesOf('depthwise_weights');
    this.#convolutions.set(name, {
      filters: this.#weights.tensor(
        `${name}/depthwise_weights`,
        filters.map((value, i) => value * scale[i % scale.length]!),
      ),
      bias: this.#weights.tensor(
        `${name}/BatchNorm/beta`,
        offset.map((value, channel) => value - mean[channel]! * scale[channel]!),
      ),
    });
  }

  /** Fused with its summand and its activation, which gives the same bits in 6 % less time. */
  #convolve(
    image: Tensor4D,
    name: string,
    stride: number,
    activation: 'relu6' | 'linear',
  ): Tensor4D {
    const { filters, bias } = this.#convolutions.get(name)!;
    const operation = name.endsWith('depthwise') ? fused.depthwiseConv2d : fused.conv2d;
    const filter = filters as Tensor4D;
    return operation({ x: image, filter, strides: stride, pad: 'same', bias, activation });
  }

  #layer(image: Tensor4D, name: string, stride = 1): Tensor4D {
    return this.#convolve(image, name, stride, 'relu6');
  }

  /** `[1, 5118, 4]`, the encodings of the boxes, and `[1, 5118, 3]`, the logits of classes. */
  #forward(pixels: Tensor4D): Tensor[] {
    let features = this.#layer(pixels, 'MobilenetV1/Conv2d_0_pointwise', 2);
    const scales: Tensor4D[] = [];
    for (let pair = 1; pair <= pairs; pair++) {
      const stride = halving.has(pair) ? 2 : 1;
      features = this.#layer(features, `MobilenetV1/Conv2d_${pair}_depthwise`, stride);
      features = this.#layer(features, `MobilenetV1/Conv2d_${pair}_pointwise`);
      if (pair === finestPair) scales.push(features);
    }
    scales.push(features);
    for (let index = 0; index < 8; index += 2) {
      features = this.#layer(features, `Prediction/Conv2d_${index}_pointwise`);
      features = this.#layer(features, `Prediction/Conv2d_${index + 1}_pointwise`, 2);
      scales.push(features);
    }
    return [
      this.#heads(scales, 'BoxEncodingPredictor', 4),
      this.#heads(scales, 'ClassPredictor', 3),
    ];
  }

  #heads(scales: readonly Tensor4D[], head: string, values: number): Tensor {
    const outputs = scales.map((features, index) => {
      const output = this.#convolve(
        features,
        `Prediction/BoxPredictor_${index}/${head}`,
        1,
        'linear',
      );
      return reshape<Rank.R3>(output, [1, -1, values]);
    });
    return concat(outputs, 1);
  }

  /** The boxes with at least a score, in pixels of the image. */
  #decode(
    encodings: Float32Array,
    logits: Float32Array,
    image: Box,
    minScore: number,
  ): readonly Detection[] {
    const scaleX = scaleOf(image.right, image);
    const scaleY = scaleOf(image.bottom, image);
    const detections: Detection[] = [];
    for (let index = 0; index < this.#anchors.length / 4; index++) {
      const score = 1 / (1 + Math.exp(-logits[3 * index + 1]!));
      if (score < minScore) continue;
      const position = (axis: 0 | 1) => this.#position(encodings, index, axis);
      const vertical = position(0);
      const horizontal = position(1);
      const box = {
        left: horizontal.start * scaleX,
        top: vertical.start * scaleY,
        right: horizontal.end * scaleX,
        bottom: vertical.end * scaleY,
      };
      detections.push({ box: intersectionOf(box, image), score });
    }
    return detections;
  }

  /** A box along one axis: its anchor, moved and scaled by its encoding. */
  #position(encodings: Float32Array, index: number, axis: 0 | 1) {
    const at = 4 * index + axis;
    const first = this.#anchors[at]!;
    const length = this.#anchors[at + 2]! - first;
    const centre = first + length / 2 + encodings[at]! * centreScale * length;
    const half = (Math.exp(encodings[at + 2]! * sizeScale) * length) / 2;
    return { start: centre - half, end: centre + half };
  }
}

/**
 * Pixels of an image along one side for the whole input. The package rounds the side to pixels of
 * the input first (`getReshapedInputDimensions`), so that boxes are off by up to 0.1 % of the
 * image, and so does this: landmarks follow from the box.
 */
function scaleOf(length: number, { right, bottom }: Box): number {
  return (side / Math.round((length * side) / Math.max(right, bottom))) * length;
}
