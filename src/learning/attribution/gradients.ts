import type { layers as Layers, LayersModel, Tensor } from '@tensorflow/tfjs';
import { customGrad, dispose, grad, keep, tidy } from '@tensorflow/tfjs';
import { Random } from '../../random.ts';
import { inputOf, outputOf, readValues } from '../models/model-output.ts';
import { rowOf } from '../models/row-of.ts';
import { explainedScore, scoreOf } from './questions/explained-score.ts';
import type { Question } from './questions/question.ts';

// Attributions by the gradient of the explained score: `[batch, height, width, 3]`, one value for
// each value of the images.

/**
 * The gradient by the image (w of Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional
 * networks", equation 4), by one pass forward to the logits, `[batch, classes]`, and one back, in
 * inference mode.
 */
export async function inputGradient(
  model: LayersModel,
  question: Question,
): Promise<{ readonly gradient: Float32Array; readonly logits: Float32Array }> {
  const tensors = tidy(() => {
    let logits: Tensor | undefined;
    const gradient = grad((images) => {
      logits = keep(model.apply(images, { training: false }) as Tensor);
      return explainedScore(logits, question);
    });
    return [gradient(inputOf(model, question.images)), logits!];
  });
  const [gradient, logits] = await readValues(tensors);
  dispose(tensors);
  return { gradient: gradient!, logits: logits! };
}

/**
 * The gradient times the normalised input: for a linear network, what each value adds to the score
 * (Shrikumar et al. 2016, "Not just a black box", section 2).
 */
export async function inputTimesGradient(
  model: LayersModel,
  question: Question,
): Promise<Float32Array> {
  const { gradient } = await inputGradient(model, question);
  return gradient.map((value, i) => value * question.images[i]!);
}

/**
 * Guided backpropagation: the gradient, except that each ReLU also stops negative gradients
 * (Springenberg et al. 2015, "Striving for simplicity: the all convolutional net", section 3.4).
 * The maps are sharp, but hardly depend on the upper layers (Adebayo et al. 2018).
 */
export async function guidedGradient(
  model: LayersModel,
  question: Question,
): Promise<Float32Array> {
  const rectified = (model.layers as Activated[]).filter(
    (layer) => layer.activation?.getClassName() === 'relu',
  );
  const before = rectified.map(({ activation }) => activation);
  for (const layer of rectified) layer.activation = guided;
  try {
    return (await inputGradient(model, question)).gradient;
  } finally {
    for (const [i, layer] of rectified.entries()) layer.activation = before[i];
  }
}

/**
 * The activation of a tfjs layer, a layer of its own or part of another; the types of tfjs hide it.
 */
type Activated = Layers.Layer & { activation?: Activation | undefined };

interface Activation {
  apply(x: Tensor): Tensor;
  /** With a name that tfjs does not know, it does not fuse the activation into the convolution. */
  getClassName(): string;
}

const guidedRelu = customGrad((x, save) => {
  const input = x as Tensor;
  (save as (tensors: Tensor[]) => void)([input]);
  const gradFunc = (dy: Tensor, [saved]: Tensor[]) => dy.relu().mul(saved!.step());
  return { value: input.relu(), gradFunc };
});

const guided: Activation = { apply: (x) => guidedRelu(x), getClassName: () => 'guidedRelu' };

/**
 * How the gradients of an image's noisy copies are combined: from the mean of a value, and the mean
 * of its squares.
 */
const combinations = {
  mean: (mean: number) => mean,
  'mean-of-squares': (_: number, meanOfSquares: number) => meanOfSquares,
  variance: (mean: number, meanOfSquares: number) => Math.max(0, meanOfSquares - mean * mean),
} as const;

/** Options of SmoothGrad and its siblings. */
export interface NoiseOptions {
  /** Noisy copies of each image; 50 in the paper. */
  readonly samples: number;
  /**
   * Standard deviation of the noise, as a share of the image's range of values; 0.1 to 0.2 in the
   * paper.
   */
  readonly noise: number;
}

/**
 * SmoothGrad: the mean gradient over noisy copies of an image (Smilkov et al. 2017, "SmoothGrad:
 * removing noise by adding noise", equation 2). Siblings are the mean of the squares (Hooker et al.
 * 2019, "A benchmark for interpretability methods in deep neural networks", SmoothGrad-Squared) and
 * the variance (Adebayo et al. 2018, "Local explanation methods for deep neural networks lack
 * sensitivity to parameter values", VarGrad).
 */
export async function smoothGradient(
  model: LayersModel,
  question: Question,
  { samples, noise }: NoiseOptions,
  of: keyof typeof combinations,
): Promise<Float32Array> {
  const { images, seeds } = question;
  const size = images.length / seeds.length;
  const deviations = seeds.map(
    (_, i) => noise * rangeOf(images.subarray(i * size, (i + 1) * size)),
  );
  const draws = seeds.map((seed) => new Random('noise', seed));
  const noisy = new Float32Array(images.length);
  const sum = new Float64Array(images.length);
  const squares = new Float64Array(images.length);
  for (let sample = 0; sample < samples; sample++) {
    for (const [image, random] of draws.entries()) {
      random.normals(noisy.subarray(image * size, (image + 1) * size));
      for (let i = image * size; i < (image + 1) * size; i++)
        noisy[i] = images[i]! + deviations[image]! * noisy[i]!;
    }
    const { gradient } = await inputGradient(model, { ...question, images: noisy });
    for (const [i, value] of gradient.entries()) {
      sum[i]! += value;
      squares[i]! += value * value;
    }
  }
  return Float32Array.from(sum, (total, i) =>
    combinations[of](total / samples, squares[i]! / samples),
  );
}

function rangeOf(values: Float32Array): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return most - least;
}

/** The completeness of attributions, by image: `[batch]`. */
export interface Completeness {
  /** How far the score rises from baseline to image: what the attribution should sum to. */
  readonly rises: Float64Array;
  /** The sum of the attribution minus the rise: the error of a finite number of steps. */
  readonly gaps: Float64Array;
}

/**
 * Integrated gradients: the mean gradient along the straight path from a baseline, such as a black
 * image, to the image, times their difference (Sundararajan, Taly and Yan 2017, "Axiomatic
 * attribution for deep networks", equation 1). Attributions sum to the rise of the score
 * (completeness, proposition 1), up to the error of a finite number of steps, which lie in the
 * middle of equal parts of the path.
 */
export async function integratedGradient(
  model: LayersModel,
  question: Question,
  { baseline, steps }: { readonly baseline: Float32Array; readonly steps: number },
): Promise<Completeness & { readonly attribution: Float32Array }> {
  const { images, classes } = question;
  const way = images.map((value, i) => value - baseline[i]!);
  const between = new Float32Array(images.length);
  const sum = new Float64Array(images.length);
  for (let step = 0; step < steps; step++) {
    const share = (step + 0.5) / steps;
    for (let i = 0; i < between.length; i++) between[i] = baseline[i]! + share * way[i]!;
    const { gradient } = await inputGradient(model, { ...question, images: between });
    for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
  }
  const attribution = way.map((length, i) => (sum[i]! / steps) * length);
  const ends = [await outputOf(model, images), await outputOf(model, baseline)];
  const rises = Float64Array.from(classes, (c, i) => {
    const [after, before] = ends.map((logits) =>
      scoreOf(rowOf(logits, i, classes.length), c, question.score),
    );
    return after! - before!;
  });
  const size = images.length / classes.length;
  const gaps = rises.map((rise, i) => {
    return (
      attribution.subarray(i * size, (i + 1) * size).reduce((total, value) => total + value, 0) -
      rise
    );
  });
  return { attribution, rises, gaps };
}
