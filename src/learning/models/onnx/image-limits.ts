import { StageError } from '../../../stage.ts';

/** As `imageSize` allows. */
const mostPixels = 4096;
const mostImages = 1024;

const isWithin = (count: number, most: number): boolean =>
  Number.isInteger(count) && count >= 1 && count <= most;

/**
 * Throws a {@link StageError} where a file fixes a number of images or of pixels a side that no
 * network has: of none, a pass would never end, and of many, it would take all memory.
 */
export function checkImageLimits(
  size: number | undefined,
  batch: number | string | undefined,
  input: string,
): void {
  if (size !== undefined && !isWithin(size, mostPixels)) {
    throw new StageError(`Expected images of 1 to ${mostPixels} pixels a side, but ${input}.`);
  }
  if (typeof batch === 'number' && !isWithin(batch, mostImages)) {
    throw new StageError(
      `Expected 1 to ${mostImages} images of a pass, or a free number, but ${input}.`,
    );
  }
}
