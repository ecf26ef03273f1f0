import { type LayersModel, type Tensor, tensor, tidy } from '@tensorflow/tfjs';
import { formatList } from '../../format-numbers.ts';
import { StageError } from '../../stage.ts';
import type { Size } from '../vision/resample.ts';
import { OnnxNetwork } from './onnx/onnx-network.ts';

/**
 * A network that can be asked for its output: layers of tfjs, or an ONNX file, which has no
 * gradients.
 */
export type Network = LayersModel | OnnxNetwork;

/**
 * Images or features, `[batch, …]`, as a tensor of the model's input shape, or images of another
 * `size`. It may share their memory: dispose of it first.
 */
export function inputOf(model: LayersModel, values: Float32Array, size?: Size): Tensor {
  const [, ...inputShape] = model.inputs[0]!.shape as number[];
  const shape = size === undefined ? inputShape : [size.height, size.width, 3];
  return tensor(values, [
    values.length / shape.reduce((product, length) => product * length, 1),
    ...shape,
  ]);
}

/**
 * The output of a network for images or features, `[batch, …]`, in inference mode:
 * `[batch, values]`, such as its logits. Images of another `size` than that of its input are for a
 * network of layers that pools over all places.
 */
export async function outputOf(
  model: Network,
  values: Float32Array,
  size?: Size,
): Promise<Float32Array> {
  if (model instanceof OnnxNetwork) return (await model.run(values)).values;
  const output = tidy(
    () => model.apply(inputOf(model, values, size), { training: false }) as Tensor,
  );
  const [result] = await readValues([output]);
  output.dispose();
  return result!;
}

/**
 * The values of tensors, in memory of their own: a backend may hand out its own. All at once, so
 * that a lazy one computes them once.
 */
export async function readValues(tensors: readonly Tensor[]): Promise<Float32Array[]> {
  return await Promise.all(tensors.map(async (each) => (await each.data<'float32'>()).slice()));
}

/**
 * Throws a {@link StageError} if the network has broken down: scores of an image that are no
 * numbers.
 */
export function expectFinite(scores: Iterable<number>, image: string): void {
  const all = [...scores];
  if (all.every(Number.isFinite)) return;
  throw new StageError(
    `Expected finite scores from the model, got ${formatList(all.map(String))} for ${image}.`,
  );
}
