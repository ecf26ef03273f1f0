import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { grad, keep, tensor, tidy } from '@tensorflow/tfjs';
import { explainedScore } from '../explained-score.ts';
import type { Question } from '../question.ts';

/** How much the explained score changes with each value of the image. */
export interface InputGradient {
  /** `[batch, height, width, 3]`. */
  readonly gradient: Float32Array;
  /** `[batch, 2]`. */
  readonly logits: Float32Array;
}

/**
 * The gradient of the explained score by the image: w of Simonyan, Vedaldi and Zisserman 2014, "Deep inside convolutional
 * networks", equation 4, before its channels become one.
 */
export async function inputGradient(model: LayersModel, question: Question): Promise<InputGradient> {
  const { values, logits } = await passBack(model, question, (gradient) => gradient);
  return { gradient: values, logits };
}

/**
 * The saliency map of Simonyan et al. 2014, section 3.1: `M_ij = max_c |w_ijc|`, at least 0, `[batch, height, width]`, beside
 * the logits, `[batch, 2]`. It equals `channelMaximum` of {@link inputGradient}, but only a third as much is read back.
 */
export async function gradientMap(
  model: LayersModel,
  question: Question,
): Promise<{ readonly maps: Float32Array; readonly logits: Float32Array }> {
  const { values, logits } = await passBack(model, question, (gradient) => gradient.abs().max(3));
  return { maps: values, logits };
}

/**
 * The gradient times the input: for a linear network, what each value adds to the score (Shrikumar et al. 2016, "Not just
 * a black box", section 2). Values are the normalised ones, so the mean colour contributes nothing.
 *
 * @returns `[batch, height, width, 3]`.
 */
export async function inputTimesGradient(model: LayersModel, question: Question): Promise<Float32Array> {
  const times = await passBack(model, question, (gradient) => gradient.mul(tensor(question.images, gradient.shape)));
  return times.values;
}

/**
 * One pass forward to the logits, `[batch, 2]`, and one back to the images, in inference mode. Reads back only what `become`
 * makes of the gradient, `[batch, height, width, 3]`.
 */
async function passBack(
  model: LayersModel,
  question: Question,
  become: (gradient: Tensor) => Tensor,
): Promise<{ readonly values: Float32Array; readonly logits: Float32Array }> {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const [read, logits] = tidy(() => {
    let logits: Tensor | undefined;
    const gradient = grad((images) => {
      logits = keep(model.apply(images, { training: false }) as Tensor);
      return explainedScore(logits, question);
    });
    return [become(gradient(tensor(question.images, [question.classes.length, ...shape]))), logits!];
  });
  // Both at once, so that a lazy backend computes the pass once; copies, since it may hand out its own memory.
  const arrays = await Promise.all([read!.data<'float32'>(), logits!.data<'float32'>()]);
  const [values, scores] = arrays.map((array) => array.slice());
  read!.dispose();
  logits!.dispose();
  return { values: values!, logits: scores! };
}
