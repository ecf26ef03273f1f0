import { InferenceSession, Tensor } from '../../../backend/packages/onnx-runtime.ts';
import { toDigits } from '../../../format-numbers.ts';
import { Random } from '../../../random.ts';
import { StageError } from '../../../stage.ts';
import type { ModelFiles } from '../model-files.ts';
import { outputOf } from '../model-output.ts';
import { permuteAxes } from '../weights/net-weights.ts';
import type { OnnxForm } from './export-onnx.ts';

/** Images of noise that both compute. Two, since a file may hold the number of images fixed. */
const images = 2;

/** The most that scores may differ by, relative to the largest: other orders of sums, no more. */
const tolerance = 0.01;
/** … where weights of 8 bits are rounded: enough to find weights in the wrong place. */
const roundedTolerance = 0.5;

/**
 * Loads an exported file in ONNX Runtime, and compares its scores with the network's. Throws a
 * {@link StageError} where it does not load or computes something else.
 */
export async function checkExport(
  bytes: Uint8Array,
  { model }: ModelFiles,
  { layout, softmax, quantize }: OnnxForm,
): Promise<void> {
  const { values, shape } = noiseFor(model);
  const logits = await outputOf(model, values);
  const wanted = softmax ? softmaxOf(logits) : logits;
  const isTurned = shape.length === 4 && layout === 'NCHW';
  const order = [0, 3, 1, 2];
  const input = isTurned
    ? new Tensor(
        'float32',
        permuteAxes(values, shape, order),
        order.map((axis) => shape[axis]!),
      )
    : new Tensor('float32', values, shape);
  const scores = await scoresOf(bytes, input);
  // A network that has broken down is exported as it is.
  if (!wanted.every(Number.isFinite)) return;
  const largest = Math.max(...wanted.map(Math.abs));
  const furthest = Math.max(...wanted.map((value, i) => Math.abs(value - scores[i]!)));
  const allowed = quantize === undefined ? tolerance : roundedTolerance;
  if (scores.length === wanted.length && furthest <= allowed * largest + 1e-4) return;
  throw new StageError(
    `Expected model.onnx with the scores of the network, but for two images of noise they differ by up to ${toDigits(furthest, 2)}, where the largest is ${toDigits(largest, 2)}. ${advice}`,
  );
}

const advice =
  'This is a fault of `export`, not of the model: please report it with the stage’s model.';

/**
 * Two images of noise, `[2, height, width, 3]`, or as many features: the same for every model of a
 * size.
 */
export function noiseFor(model: ModelFiles['model']): {
  readonly values: Float32Array;
  readonly shape: readonly number[];
} {
  const shape = [images, ...(model.inputs[0]!.shape.slice(1) as number[])];
  const random = new Random('export');
  const length = shape.reduce((product, side) => product * side, 1);
  return { values: Float32Array.from({ length }, () => 2 * random.float() - 1), shape };
}

async function scoresOf(bytes: Uint8Array, input: Tensor): Promise<Float32Array> {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const [name] = session.inputNames;
    const results = await session.run({ [name!]: input });
    return results[session.outputNames[0]!]!.data as Float32Array;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new StageError(
      `Expected model.onnx to load and run in ONNX Runtime, but it does not: ${reason} ${advice}`,
      { cause: error },
    );
  } finally {
    await session?.release();
  }
}

/** The softmax of each image. */
function softmaxOf(logits: Float32Array): Float32Array {
  const width = logits.length / images;
  const shares = logits.map((value, i) => {
    const start = i - (i % width);
    return Math.exp(value - Math.max(...logits.subarray(start, start + width)));
  });
  return shares.map((share, i) => {
    const start = i - (i % width);
    const sum = shares.subarray(start, start + width).reduce((total, each) => total + each, 0);
    return share / sum;
  });
}
