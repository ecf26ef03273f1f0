import type { LayersModel } from '@tensorflow/tfjs';
import { scoreOf } from '../explained-score.ts';
import { logitsOf } from '../logits-of.ts';
import type { Question } from '../question.ts';
import { inputGradient } from './input-gradient.ts';

export interface PathOptions {
  /** Where paths begin, `[batch, height, width, 3]`: images without what is looked for, such as black ones. */
  readonly baseline: Float32Array;
  /** Points on each path. */
  readonly steps: number;
}

export interface IntegratedGradient {
  /** `[batch, height, width, 3]`. */
  readonly attribution: Float32Array;
  /** Of each image, how far the score rises from baseline to image: what its attribution should sum to. */
  readonly rises: Float64Array;
  /** Of each image, the sum less the rise: what the steps were too few for. */
  readonly gaps: Float64Array;
}

/**
 * Integrated gradients: the gradient's mean along the straight path from a baseline to the image, times the way (Sundararajan,
 * Taly and Yan 2017, "Axiomatic attribution for deep networks", equation 1). What all values get sums to the rise of the score
 * (completeness, proposition 1), up to the steps being finite: they lie in the middle of equal parts of the path.
 */
export async function integratedGradient(
  model: LayersModel,
  question: Question,
  { baseline, steps }: PathOptions,
): Promise<IntegratedGradient> {
  const { images, classes } = question;
  const way = new Float32Array(images.length);
  for (let i = 0; i < way.length; i++) way[i] = images[i]! - baseline[i]!;
  const between = new Float32Array(images.length);
  const sum = new Float64Array(images.length);
  for (let step = 0; step < steps; step++) {
    const share = (step + 0.5) / steps;
    for (let i = 0; i < between.length; i++) between[i] = baseline[i]! + share * way[i]!;
    const { gradient } = await inputGradient(model, { ...question, images: between });
    for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!;
  }
  const attribution = new Float32Array(images.length);
  for (let i = 0; i < sum.length; i++) attribution[i] = (sum[i]! / steps) * way[i]!;
  const ends = [await logitsOf(model, images), await logitsOf(model, baseline)];
  const rises = Float64Array.from(classes, (c, i) => {
    const [after, before] = ends.map((logits) => scoreOf([logits[2 * i]!, logits[2 * i + 1]!], c, question));
    return after! - before!;
  });
  const size = images.length / classes.length;
  const gaps = rises.map((rise, i) => {
    let total = 0;
    for (let k = i * size; k < (i + 1) * size; k++) total += attribution[k]!;
    return total - rise;
  });
  return { attribution, rises, gaps };
}
