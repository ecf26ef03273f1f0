import { StageError } from '../../stage.ts';
import type { ImageInput } from '../models/model-info.ts';

/** How many times an image may be enlarged before a map of it shows what the resizing made. */
const mostEnlarged = 8;

/** An image's name, and its size in pixels. */
interface Sized {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** Throws a {@link StageError} where images would reach the network as a blur. */
export function expectLargeEnough(images: readonly Sized[], { size }: ImageInput): void {
  const least = Math.ceil(size / mostEnlarged);
  const [first, ...more] = images.filter(({ width, height }) => Math.min(width, height) < least);
  if (first === undefined) return;
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  throw new StageError(
    `Expected images of at least ${least} × ${least} pixels, an eighth of the ${size} × ${size} that the network sees, got ${first.width} × ${first.height}: ${first.name}${others}. What a map would show of it is how it was enlarged.`,
  );
}
