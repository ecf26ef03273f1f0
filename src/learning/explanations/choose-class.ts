import type { LayersModel } from '@tensorflow/tfjs';
import { StageError } from '../../stage.ts';
import { suggest } from '../../suggest.ts';
import { logitsOf } from '../attribution/logits-of.ts';
import { predictedClasses } from '../metrics/logits.ts';

/** Which class each image of a batch is asked about: `[batch]`, from its images and labels. */
export type ChooseClass = (images: Float32Array, labels: Int32Array) => Int32Array | Promise<Int32Array>;

/** How the class is chosen: by the label (`label`), the prediction (`predicted`), or a name. Throws a {@link StageError} when there is none of that name. */
export function chooseClass(model: LayersModel, classes: readonly string[], of: string): ChooseClass {
  if (of === 'label') return (_, labels) => labels;
  if (of === 'predicted') return async (images) => Int32Array.from(predictedClasses(await logitsOf(model, images)));
  const one = classes.indexOf(of);
  if (one >= 0) return (_, labels) => labels.map(() => one);
  const known = [...classes, 'predicted', 'label'];
  throw new StageError(
    `Expected a class for "class" (${classes.join(', ')}), or label or predicted, got "${of}". ${suggest(of, known) ?? ''}`.trim(),
  );
}
