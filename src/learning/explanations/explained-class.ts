import { StageError } from '../../stage.ts';
import { suggest } from '../../suggest.ts';
import { predictedClasses } from '../metrics/arithmetic/logits.ts';
import { type Network, outputOf } from '../models/model-output.ts';

/**
 * Chooses the class that each image of a batch is asked about, `[batch]`, from its images and
 * labels.
 */
export type ChooseClass = (
  images: Float32Array,
  labels: Int32Array,
) => Int32Array | Promise<Int32Array>;

/**
 * How the class is chosen: `predicted`, a name, or `label` where images have one. Throws a
 * {@link StageError} otherwise.
 */
export function chooseClass(
  model: Network,
  classes: readonly string[],
  of: string,
  { isLabelled = true } = {},
): ChooseClass {
  if (of === 'label' && isLabelled) return (_, labels) => labels;
  if (of === 'predicted')
    return async (images) =>
      Int32Array.from(predictedClasses(await outputOf(model, images), classes.length));
  const label = classes.indexOf(of);
  if (label >= 0) return (_, labels) => labels.map(() => label);
  const whose = isLabelled ? 'for "class"' : 'of the model';
  const others = isLabelled ? ['label', 'predicted'] : ['predicted'];
  const hint = suggest(of, [...classes, ...[...others].reverse()]) ?? '';
  throw new StageError(
    `Expected a class ${whose} (${classes.join(', ')}), or ${others.join(' or ')}, got "${of}". ${hint}`.trim(),
  );
}
