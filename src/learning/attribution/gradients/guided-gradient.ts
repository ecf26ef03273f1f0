import type { layers as Layers, LayersModel, Tensor } from '@tensorflow/tfjs';
import { customGrad } from '@tensorflow/tfjs';
import type { Question } from '../question.ts';
import { inputGradient } from './input-gradient.ts';

/**
 * Guided backpropagation: the gradient, except that each ReLU also stops negative gradients, besides those where its input
 * was negative (Springenberg et al. 2015, "Striving for simplicity: the all convolutional net", section 3.4). The maps are
 * sharp, but hardly depend on the upper layers (Adebayo et al. 2018, "Sanity checks for saliency maps").
 *
 * @returns `[batch, height, width, 3]`.
 */
export async function guidedGradient(model: LayersModel, question: Question): Promise<Float32Array> {
  const rectified = (model.layers as Activated[]).filter((layer) => layer.activation?.getClassName() === 'relu');
  const before = rectified.map(({ activation }) => activation);
  for (const layer of rectified) layer.activation = guided;
  try {
    return (await inputGradient(model, question)).gradient;
  } finally {
    for (const [i, layer] of rectified.entries()) layer.activation = before[i];
  }
}

/** The activation of a tfjs layer, a layer of its own or part of another; the types of tfjs hide it. */
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
