import { StageError } from '../../stage.ts';

/** How many times an image may be enlarged before its map shows mostly the enlarging. */
const mostEnlarged = 8;

/**
 * Throws a {@link StageError} for images so small, in pixels, that they would reach the network,
 * which sees `size` × `size`, as a blur.
 */
export function expectLargeEnough(
  images: readonly { readonly name: string; readonly width: number; readonly height: number }[],
  size: number,
): void {
  const least = Math.ceil(size / mostEnlarged);
  const [first, ...more] = images.filter(({ width, height }) => Math.min(width, height) < least);
  if (first === undefined) return;
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  throw new StageError(
    `Expected images of at least ${least} × ${least} pixels, an eighth of the ${size} × ${size} that the network sees, got ${first.width} × ${first.height}: ${first.name}${others}. A map would mostly show how the image was enlarged.`,
  );
}
