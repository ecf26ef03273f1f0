import type { LayersModel } from '@tensorflow/tfjs';
import { logitsOf, scoreOf } from '../explained-score.ts';
import type { Question } from '../question.ts';
import { inputGradient } from './input-gradient.ts';

export interface PathOptions {
  /** Where paths begin, `[batch, height, width, 3]`: images without the thing looked for, such as black ones. */
  readonly baseline: Float32Array;
  /** Points on each path. */
  readonly steps: number;
}

/** The completeness of attributions, by image: `[batch]`. */
export interface Completeness {
  /** How far the score rises from baseline to image: what the attribution should sum to. */
  readonly rises: Float64Array;
  /** The sum of the attribution less the rise: the error of a finite number of steps. */
  readonly gaps: Float64Array;
}

export interface IntegratedGradient extends Completeness {
  /** `[batch, height, width, 3]`. */
  readonly attribution: Float32Array;
}

/**
 * Integrated gradients: the mean gradient along the straight path from a baseline to the image, times the difference of the
 * two (Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", equation 1). Attributions sum to the rise
 * of the score (completeness, proposition 1), up to the error of a finite number of steps, which lie in the middle of equal
 * parts of the path.
 */
export async function integratedGradient(
  model: LayersModel,
  question: Question,
  { baseline, steps }: PathOptions,
): Promise<IntegratedGradient> {
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
