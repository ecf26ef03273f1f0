import type { LayersModel } from '@tensorflow/tfjs';
import { permutation, Random } from '../../../random.ts';
import { outputOf } from '../../models/model-output.ts';
import { rowOf } from '../../models/row-of.ts';
import { scoreOf } from '../questions/explained-score.ts';
import type { Question } from '../questions/question.ts';

/**
 * The probability of a class at the shares 0, 1 / steps, …, 1 of exchanged pixels, the most salient
 * first.
 */
export interface ExchangeCurves {
  /**
   * From the baseline to the image, by inserting pixels of the image: rises early for a good map.
   */
  readonly insertion: Float64Array;
  /**
   * From the image to the baseline, by replacing pixels of the image: falls early for a good map.
   */
  readonly deletion: Float64Array;
}

interface ExchangeOptions {
  /** Replacements of the pixels that are not shown, `[batch, height, width, 3]`. */
  readonly baselines: Float32Array;
  /** For each image, for each of its maps, the {@link saliencyOrder} of the pixels. */
  readonly orders: readonly (readonly Uint32Array[])[];
  readonly steps: number;
  /** Images of one forward pass, and the listener that each pass is reported to. */
  readonly batchSize: number;
  readonly onForward?: (images: number) => void;
}

/**
 * The insertion and deletion curves of Petsiuk, Das and Saenko 2018, "RISE: randomized input
 * sampling for explanation of black-box models" (section 4), for each image and each of its maps,
 * for the class that the image is asked about. Both use the same baseline, so that a random order
 * has the same area under both (RISE inserts into a blur and deletes to a constant). Each image
 * takes `2 + 2 (steps - 1) maps` forward passes, batched across steps, maps and images; one batch
 * is in memory.
 */
export async function insertionDeletion(
  model: LayersModel,
  question: Question,
  options: ExchangeOptions,
): Promise<readonly (readonly ExchangeCurves[])[]> {
  const { steps, orders, baselines, batchSize, onForward } = options;
  const curves = orders.map((ofImage) =>
    ofImage.map(() => ({
      insertion: new Float64Array(steps + 1),
      deletion: new Float64Array(steps + 1),
    })),
  );
  const [, height, width, channels] = model.inputs[0]!.shape as [number, number, number, number];
  const size = height * width * channels;
  const batch = new Float32Array(batchSize * size);
  let waiting: Exchange[] = [];
  const forward = async () => {
    const values = await outputOf(model, batch.subarray(0, waiting.length * size));
    for (const [i, { image, keep }] of waiting.entries()) {
      const logits = rowOf(values, i, waiting.length);
      const margin = scoreOf(logits, question.classes[image]!, 'margin');
      keep(1 / (1 + Math.exp(-margin)));
    }
    onForward?.(waiting.length);
    waiting = [];
  };
  for (const exchange of exchanges(options, curves)) {
    const { image, curve, pixels } = exchange;
    const ofImage = (all: Float32Array) => all.subarray(image * size, (image + 1) * size);
    const original = ofImage(question.images);
    const baseline = ofImage(baselines);
    const start = curve === 'deletion' ? original : baseline;
    const end = curve === 'deletion' ? baseline : original;
    const target = batch.subarray(waiting.length * size, (waiting.length + 1) * size);
    target.set(start);
    for (const pixel of pixels)
      for (let at = 3 * pixel; at < 3 * pixel + 3; at++) target[at] = end[at]!;
    waiting.push(exchange);
    if (waiting.length === batchSize) await forward();
  }
  if (waiting.length > 0) await forward();
  return curves;
}

/** A step of a curve: the image or its baseline, with some pixels exchanged. */
interface Exchange {
  readonly image: number;
  readonly curve: keyof ExchangeCurves;
  readonly pixels: Uint32Array;
  keep(probability: number): void;
}

function* exchanges(
  { orders, steps }: ExchangeOptions,
  curves: readonly (readonly ExchangeCurves[])[],
): Generator<Exchange> {
  for (const [image, ofImage] of orders.entries()) {
    // Each curve starts where the other ends, whatever the order.
    for (const [curve, opposite] of [
      ['insertion', 'deletion'] as const,
      ['deletion', 'insertion'] as const,
    ]) {
      const keep = (probability: number) => {
        for (const of of curves[image]!) {
          of[curve][0] = probability;
          of[opposite][steps] = probability;
        }
      };
      yield { image, curve, pixels: new Uint32Array(0), keep };
    }
    for (const [map, order] of ofImage.entries()) {
      for (let step = 1; step < steps; step++) {
        const pixels = order.subarray(0, Math.round((step * order.length) / steps));
        for (const curve of ['insertion', 'deletion'] as const) {
          const keep = (probability: number) => {
            curves[image]![map]![curve][step] = probability;
          };
          yield { image, curve, pixels, keep };
        }
      }
    }
  }
}

/**
 * The area under a curve given at equal shares from 0 to 1, by trapezoids: its mean height. Heights
 * 1, 0, 0 give 0.25.
 */
export function areaUnderCurve(heights: Float64Array): number {
  const steps = heights.length - 1;
  const sum = heights.reduce((total, height) => total + height, 0);
  return (sum - (heights[0]! + heights[steps]!) / 2) / steps;
}

/**
 * The indices of a map's pixels from the most salient to the least. Pixels of equal value, such as
 * the many zeros of a class activation map, come in random order by the seed. With the same seed
 * for all maps of an image, these differ only in what they show.
 */
export function saliencyOrder(map: Float32Array, seed: number): Uint32Array {
  const drawn = permutation(map.length, new Random('ties', seed));
  const order = Uint32Array.from(map, (_, pixel) => pixel);
  return order.sort((a, b) => map[b]! - map[a]! || drawn[a]! - drawn[b]!);
}
