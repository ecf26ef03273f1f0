import { z } from 'zod';
import { flag, whole } from '../../../spec-parts.ts';
import { uniqueList } from '../../../unique-list.ts';

/** A view of an image: scaled around its middle, moved, then mirrored. */
export interface View {
  /** Above 1 the middle is enlarged; below 1 black surrounds the whole image. */
  readonly scale: number;
  /** The pixel that comes to the corner. */
  readonly left: number;
  readonly top: number;
  readonly flip: boolean;
}

/**
 * The views of every image whose scores are averaged (test-time augmentation); light, since a spec
 * imports it.
 */
export const viewSettings = z.strictObject({
  flip: flag.describe('Every view also mirrored left to right.'),
  crop: whole(1)
    .exactOptional()
    .describe(
      'Four views, moved by so many pixels towards each corner; black comes in from outside, as in training. Pixels of the network’s input.',
    ),
  scales: uniqueList(z.number().min(0.1).max(10), 'scale')
    .default([])
    .describe(
      'A view for each: above 1 the middle of the image enlarged to the whole, below 1 the image reduced and surrounded by black.',
    ),
});
export type ViewSettings = z.output<typeof viewSettings>;

/** The image itself. */
const plain: View = { scale: 1, left: 0, top: 0, flip: false };

/** The views that settings ask for, the image itself first. */
export function viewsOf({ flip, crop = 0, scales }: ViewSettings): readonly View[] {
  const corners = crop === 0 ? [] : [-crop, crop];
  const moved = corners.flatMap((top) => corners.map((left) => ({ ...plain, left, top })));
  const scaled = scales.filter((scale) => scale !== 1).map((scale) => ({ ...plain, scale }));
  const views = [plain, ...moved, ...scaled];
  return flip ? views.flatMap((view) => [view, { ...view, flip: true }]) : views;
}
