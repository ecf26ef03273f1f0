import {
  div,
  initializers,
  type LayersModel,
  layers,
  matMul,
  maximum,
  norm,
  serialization,
  sub,
  type Tensor,
  tensor,
  tidy,
} from '@tensorflow/tfjs';
import type { Layer, Scaling } from './layers/layer.ts';

type Weight = layers.Layer['weights'][number];

/** Rows are divided by their length, or by this where that is smaller. */
const least = 1e-12;

/**
 * Scales features, `[batch, values]`, between a frozen network and its head, by constants that
 * {@link fitScalings} finds. Gradients pass, and do not change them.
 */
class FeatureScaling extends layers.Layer {
  static readonly className = 'FeatureScaling';
  readonly #by: Scaling;
  #mean: Weight | undefined;
  #whitening: Weight | undefined;

  constructor({ name, by }: { readonly name: string; readonly by: Scaling }) {
    super({ name });
    this.#by = by;
  }

  override build(inputShape: unknown): void {
    const values = [inputShape].flat(2).at(-1) as number;
    const constant = (name: string, shape: number[]) =>
      this.addWeight(name, shape, 'float32', initializers.zeros(), undefined, false);
    if (this.#by !== 'unit') this.#mean = constant('moving_mean', [values]);
    if (this.#by === 'whiten') this.#whitening = constant('whitening', [values, values]);
    this.built = true;
  }

  override call(inputs: Parameters<layers.Layer['call']>[0]): Tensor {
    const rows = [inputs].flat()[0]!;
    if (this.#by === 'unit') return div(rows, maximum(norm(rows, 2, 1, true), least));
    const centred = sub(rows, this.#mean!.read());
    return this.#whitening === undefined
      ? centred
      : matMul<Tensor>(centred, this.#whitening.read());
  }

  override getConfig() {
    return { ...super.getConfig(), by: this.#by };
  }
}

serialization.registerClass(FeatureScaling);

export const featureScaling = (config: {
  readonly name: string;
  readonly by: Scaling;
}): layers.Layer => new FeatureScaling(config);

/**
 * Fits the scalings with which a head begins, one after the other, to the features of the training
 * split alone: `[images, values]`.
 */
export function fitScalings(
  model: LayersModel,
  net: readonly Layer[],
  features: Float32Array,
): void {
  const values = model.inputs[0]!.shape.at(-1)!;
  let rows = Float64Array.from(features);
  for (const layer of net) {
    if (layer.kind !== 'scaling') return;
    if (layer.by === 'unit') {
      rows = toUnitLength(rows, values);
      continue;
    }
    const mean = meanOf(rows, values);
    const centred = rows.map((value, i) => value - mean[i % values]!);
    const whitening = layer.by === 'whiten' ? whiteningOf(centred, values) : undefined;
    rows = whitening === undefined ? centred : product(centred, whitening, values);
    tidy(() =>
      model
        .getLayer(layer.name)
        .setWeights([
          tensor(Float32Array.from(mean), [values]),
          ...(whitening === undefined
            ? []
            : [tensor(Float32Array.from(whitening), [values, values])]),
        ]),
    );
  }
}

function toUnitLength(rows: Float64Array, values: number): Float64Array<ArrayBuffer> {
  const scaled = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += values) {
    const row = rows.subarray(start, start + values);
    const length = Math.max(Math.sqrt(row.reduce((sum, value) => sum + value ** 2, 0)), least);
    for (const [i, value] of row.entries()) scaled[start + i] = value / length;
  }
  return scaled;
}

function meanOf(rows: Float64Array, values: number): Float64Array {
  const sums = new Float64Array(values);
  for (const [i, value] of rows.entries()) sums[i % values]! += value;
  return sums.map((sum) => sum / (rows.length / values));
}

/** The share of the mean variance that is added to each, since images may be fewer than values. */
const ridge = 1e-3;

/**
 * `[values, values]`: the transposed inverse of the Cholesky factor of the covariance, by which
 * centred rows are multiplied (Kessy, Lewin and Strimmer 2018, "Optimal whitening and
 * decorrelation", section 2). Costs about `images * values ** 2` and `values ** 3 / 3` products.
 */
function whiteningOf(centred: Float64Array, values: number): Float64Array {
  const lower = covarianceOf(centred, values);
  let variance = 0;
  for (let i = 0; i < values; i++) variance += lower[i * values + i]! / values;
  // Constant features have no variance to divide by.
  const added = Math.max(ridge * variance, least);
  for (let i = 0; i < values; i++) lower[i * values + i]! += added;
  factorise(lower, values);
  return invertTransposed(lower, values);
}

/** The lower triangle of the covariance, of images / n. */
function covarianceOf(centred: Float64Array, values: number): Float64Array {
  const sums = new Float64Array(values * values);
  const images = centred.length / values;
  for (let start = 0; start < centred.length; start += values) {
    for (let i = 0; i < values; i++) {
      const value = centred[start + i]!;
      for (let k = 0; k <= i; k++) sums[i * values + k]! += value * centred[start + k]!;
    }
  }
  return sums.map((sum) => sum / images);
}

/** Cholesky's factorisation in place, of the lower triangle of a positive definite matrix. */
function factorise(lower: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = lower[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      lower[i * size + j] = i === j ? Math.sqrt(sum) : sum / lower[j * size + j]!;
    }
  }
}

/** The transposed inverse of a lower triangle, which is an upper one. */
function invertTransposed(lower: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  // Row `column` of the result is a column of the inverse.
  for (let column = 0; column < size; column++) {
    const row = inverse.subarray(column * size, (column + 1) * size);
    for (let i = column; i < size; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= lower[i * size + k]! * row[k]!;
      row[i] = sum / lower[i * size + i]!;
    }
  }
  return inverse;
}

/** `[images, values]` times an upper triangle. */
function product(rows: Float64Array, upper: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(rows.length);
  for (let start = 0; start < rows.length; start += size) {
    for (let k = 0; k < size; k++) {
      const value = rows[start + k]!;
      for (let j = k; j < size; j++) result[start + j]! += value * upper[k * size + j]!;
    }
  }
  return result;
}
