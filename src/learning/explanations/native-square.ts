import type { LayersModel } from '@tensorflow/tfjs';
import { formatCount } from '../../format-numbers.ts';
import { atSize } from '../models/at-size.ts';
import { nativeOf } from '../models/model-info.ts';
import type { Network } from '../models/model-output.ts';
import { expectCroppable } from '../vision/native-scale.ts';
import type { Size } from '../vision/resample.ts';
import type { ImageModel } from './image-model.ts';

/** An image that is explained. */
interface NamedSize extends Size {
  readonly path: string;
}

/**
 * A model at native scale for maps of these images, all of one size: the middle of each, the
 * largest square that all of them have. Squares of one size are explained whole. Other models stay
 * as they are. `cut` says what is not explained. Throws a `StageError` for images that are smaller
 * than a training crop.
 */
export function nativeSquare<Opened extends ImageModel<Network>>(
  opened: Opened,
  images: readonly NamedSize[],
): { readonly opened: Opened; readonly cut?: string } {
  const { input, info, model } = opened;
  const native = nativeOf(input);
  if (native === undefined) return { opened };
  expectCroppable(images, input.size);
  const sides = images.flatMap(({ width, height }) => [width, height]);
  const size = sides.reduce((least, side) => Math.min(least, side), native.largest);
  const square =
    size === input.size
      ? opened
      : { ...opened, model: atSize(model as LayersModel, info, size), input: { ...input, size } };
  const larger = images.filter(({ width, height }) => Math.max(width, height) > size).length;
  if (larger === 0) return { opened: square };
  const counts = `${formatCount(larger)} of ${formatCount(images.length)} images`;
  return {
    opened: square,
    cut: `Of ${counts} the middle ${size} x ${size} pixels are explained, the largest square that every image has.`,
  };
}
