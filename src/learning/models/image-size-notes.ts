import { cropNote } from '../vision/crop-note.ts';
import type { Sample } from '../vision/dataset/dataset.ts';
import { expectCroppable, largestNote } from '../vision/native-scale.ts';
import { type ImageInput, nativeOf, resizeOf } from './model-info.ts';

/**
 * Tells the user what a network does not see of images. Throws a `StageError` where they are too
 * small for it at native scale.
 */
export function noteSizes(
  { info }: { info(message: string): void },
  samples: readonly Sample[],
  input: ImageInput,
): void {
  const native = nativeOf(input);
  if (native !== undefined) expectCroppable(samples, input.size);
  const note =
    native === undefined ? cropNote(samples, resizeOf(input)) : largestNote(samples, native);
  if (note !== undefined) info(note);
}
