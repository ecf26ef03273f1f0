import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { tensor, tidy } from '@tensorflow/tfjs';

/**
 * What a model says of images in inference mode: `[batch, 2]`.
 *
 * @param images `[batch, height, width, 3]`, of the size that the model sees.
 */
export async function logitsOf(model: LayersModel, images: Float32Array): Promise<Float32Array> {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const batch = images.length / shape.reduce((product, length) => product * length, 1);
  const output = tidy(() => model.apply(tensor(images, [batch, ...shape]), { training: false }) as Tensor);
  const logits = (await output.data<'float32'>()).slice(); // a backend may hand out its own memory
  output.dispose();
  return logits;
}
