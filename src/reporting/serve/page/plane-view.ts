import type { Bounds, Place } from './point-index.ts';

/**
 * The part of the plane that a canvas shows: `scale` pixels a unit, alike in both directions, with
 * the place `centre` in its middle. Heights grow upwards.
 */
export interface PlaneView {
  readonly centre: Place;
  readonly scale: number;
}

/** Pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const margin = 0.05;

/** The view that shows all points. */
export function fitView({ left, right, low, high }: Bounds, { width, height }: Size): PlaneView {
  const room = 1 - 2 * margin;
  const scale = Math.min(
    (room * width) / Math.max(right - left, 1e-9),
    (room * height) / Math.max(high - low, 1e-9),
  );
  return { centre: [(left + right) / 2, (low + high) / 2], scale };
}

/** Where a place of the plane is on the canvas. */
export const toPixel = (
  { centre, scale }: PlaneView,
  { width, height }: Size,
  [x, y]: Place,
): Place => [width / 2 + (x - centre[0]) * scale, height / 2 - (y - centre[1]) * scale];

/** The place of the plane at a pixel of the canvas. */
export const toPlace = (
  { centre, scale }: PlaneView,
  { width, height }: Size,
  [x, y]: Place,
): Place => [centre[0] + (x - width / 2) / scale, centre[1] - (y - height / 2) / scale];

/** Closer by a factor, so that the place at a pixel stays there. */
export function zoomAt(view: PlaneView, size: Size, pixel: Place, factor: number): PlaneView {
  const [x, y] = toPlace(view, size, pixel);
  return {
    centre: [x + (view.centre[0] - x) / factor, y + (view.centre[1] - y) / factor],
    scale: view.scale * factor,
  };
}

/** Two fingers on a canvas, in pixels. */
export type Fingers = readonly [Place, Place];

/**
 * The view after two fingers moved from some places to others: the places of the plane under them
 * stay there.
 */
export function pinched(view: PlaneView, size: Size, from: Fingers, to: Fingers): PlaneView {
  const before = middleOf(from);
  const after = middleOf(to);
  const moved = panBy(view, [after[0] - before[0], after[1] - before[1]]);
  return zoomAt(moved, size, after, apart(to) / Math.max(1, apart(from)));
}

const middleOf = ([a, b]: Fingers): Place => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
const apart = ([a, b]: Fingers): number => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));

/** Moved by pixels, as the hand moves it. */
export const panBy = ({ centre, scale }: PlaneView, [x, y]: Place): PlaneView => ({
  centre: [centre[0] - x / scale, centre[1] + y / scale],
  scale,
});
