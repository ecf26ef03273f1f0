import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';
import type { Question } from '../question.ts';

/**
 * How a class's probability goes while ever more pixels of an image are exchanged, from the most salient to the least. Both have
 * a value for each of the shares 0, 1 / steps, …, 1 of the pixels.
 */
export interface ExchangeCurves {
  /** Pixels of the image come into its baseline: a good map's curve rises at once. From the baseline's probability to the image's. */
  readonly insertion: Float64Array;
  /** Pixels of the baseline take the image's place: a good map's curve falls at once. The other way round. */
  readonly deletion: Float64Array;
}

export interface ExchangeOptions {
  /** What stands where an image is not shown, `[batch, height, width, 3]`. */
  readonly baselines: Float32Array;
  /** Of each image, by each of its maps, the pixels from the most salient to the least (`saliency-order.ts`). */
  readonly orders: readonly (readonly Uint32Array[])[];
  /** Equal shares of the pixels that are exchanged one after another. */
  readonly steps: number;
  /** Images of one forward pass. */
  readonly batchSize: number;
  /** Hears how many images each forward pass had. */
  readonly onForward?: (images: number) => void;
}

/**
 * The insertion and deletion curves of Petsiuk, Das and Saenko 2018, "RISE: randomized input sampling for explanation of
 * black-box models" (section 4), of the class that each image is asked about. Both exchange with the same
 * baseline (RISE inserts into a blur and deletes to a constant), so that an order by chance has the same area under both.
 *
 * Each image needs `2 + 2 (steps - 1) maps` forwards, in batches across steps, maps and images; no more than one is held.
 *
 * @returns Of each image, by each of its maps.
 */
export async function insertionDeletion(
  model: LayersModel,
  question: Question,
  options: ExchangeOptions,
): Promise<readonly (readonly ExchangeCurves[])[]> {
  const { steps, orders, batchSize, onForward } = options;
  const curves = orders.map((ofImage) =>
    ofImage.map(() => ({ insertion: new Float64Array(steps + 1), deletion: new Float64Array(steps + 1) })),
  );
  const [, height, width, channels] = model.inputs[0]!.shape as [number, number, number, number];
  const size = height * width * channels;
  const batch = new Float32Array(batchSize * size);
  let waiting: Exchange[] = [];
  const forward = async () => {
    const logits = tidy(() => {
      const images = tensor(batch.subarray(0, waiting.length * size), [waiting.length, height, width, channels]);
      return model.apply(images, { training: false }) as Tensor;
    });
    const values = await logits.data<'float32'>();
    logits.dispose();
    for (const [i, { image, keep }] of waiting.entries()) {
      const c = question.classes[image]!;
      keep(1 / (1 + Math.exp(values[2 * i + 1 - c]! - values[2 * i + c]!))); // softmax of two
    }
    onForward?.(waiting.length);
    waiting = [];
  };
  for (const exchange of exchanges(question, options, curves)) {
    exchange.draw(batch.subarray(waiting.length * size, (waiting.length + 1) * size));
    waiting.push(exchange);
    if (waiting.length === batchSize) await forward();
  }
  if (waiting.length > 0) await forward();
  return curves;
}

/** An image of which some pixels are its baseline's. */
interface Exchange {
  readonly image: number;
  draw(pixels: Float32Array): void;
  keep(probability: number): void;
}

function* exchanges(
  { images, classes }: Question,
  { baselines, orders, steps }: ExchangeOptions,
  curves: readonly (readonly ExchangeCurves[])[],
): Generator<Exchange> {
  const size = images.length / classes.length;
  for (const [image, ofImage] of orders.entries()) {
    const [own, baseline] = [images, baselines].map((all) => all.subarray(image * size, (image + 1) * size)) as [
      Float32Array,
      Float32Array,
    ];
    // The ends are the same whatever the order is.
    for (const [start, ends] of [
      [baseline, { insertion: 0, deletion: steps }],
      [own, { insertion: steps, deletion: 0 }],
    ] as const) {
      const keep = (probability: number) => {
        for (const { insertion, deletion } of curves[image]!) {
          insertion[ends.insertion] = probability;
          deletion[ends.deletion] = probability;
        }
      };
      yield { image, draw: (pixels) => pixels.set(start), keep };
    }
    for (const [map, order] of ofImage.entries()) {
      for (let step = 1; step < steps; step++) {
        const exchanged = order.subarray(0, Math.round((step * order.length) / steps));
        const of = (name: keyof ExchangeCurves, start: Float32Array, other: Float32Array): Exchange => ({
          image,
          draw: (pixels) => exchange(start, other, exchanged, pixels),
          keep: (probability) => {
            curves[image]![map]![name][step] = probability;
          },
        });
        yield of('insertion', baseline, own);
        yield of('deletion', own, baseline);
      }
    }
  }
}

/** One image into `target`, some of its pixels of another. */
function exchange(start: Float32Array, other: Float32Array, pixels: Uint32Array, target: Float32Array): void {
  target.set(start);
  for (const pixel of pixels) {
    for (let at = 3 * pixel; at < 3 * pixel + 3; at++) target[at] = other[at]!;
  }
}
