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
 * The gradient of the explained score by the image: the map of Simonyan, Vedaldi and Zisserman 2014, "Deep inside
 * convolutional networks", equation 4, before its channels become one (`channel-maximum.ts`).
 *
 * @param forward How the logits come about; absent: by the model in inference mode.
 */
export async function inputGradient(
  model: LayersModel,
  question: Question,
  forward = (images: Tensor) => model.apply(images, { training: false }) as Tensor,
): Promise<InputGradient> {
  const [, ...shape] = model.inputs[0]!.shape as number[];
  const [gradient, logits] = tidy(() => {
    let logits: Tensor | undefined;
    const scores = grad((images) => {
      logits = keep(forward(images));
      return explainedScore(logits, question);
    });
    return [scores(tensor(question.images, [question.classes.length, ...shape])), logits!];
  });
  // Both at once, so that a lazy backend computes the pass once; copies, since it may hand out its own memory.
  const values = await Promise.all([gradient!.data<'float32'>(), logits!.data<'float32'>()]);
  const copies = values.map((array) => array.slice());
  gradient!.dispose();
  logits!.dispose();
  return { gradient: copies[0]!, logits: copies[1]! };
}
