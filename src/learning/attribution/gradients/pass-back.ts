import type { LayersModel, Tensor } from '@tensorflow/tfjs';
import { grad, keep, tensor, tidy } from '@tensorflow/tfjs';
import { explainedScore } from '../explained-score.ts';
import type { Question } from '../question.ts';

/**
 * One pass forward to the logits, `[batch, 2]`, and one back to the images, in inference mode. Of the gradient of the explained
 * score, `[batch, height, width, 3]`, it reads what `become` makes of it, so that nothing is read which is not needed.
 */
export async function passBack(
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
