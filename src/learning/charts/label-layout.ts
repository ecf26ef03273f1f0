interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle, in units, with its upper left corner. */
interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** A point with the width of its text, and perhaps the ends of a vertical interval through it. */
interface Labelled extends Omit<Box, 'height'> {
  readonly top?: number;
  readonly bottom?: number;
}

/**
 * Places the texts of points (all of one `height`, each of its own width) beside them, above or
 * below their intervals, or farther away where all of that is taken: inside of the frame, so that
 * they cover neither each other nor any obstacle, and none is nearer to another point or interval
 * than to its own. Gives the upper left corner of each, in order; undefined where there is no room.
 * The first points choose first (greedy: Christensen, Marks and Shieber 1995, "An empirical study
 * of algorithms for point-feature label placement").
 */
export function layOutLabels(
  points: readonly Labelled[],
  options: {
    readonly height: number;
    readonly gap: number;
    readonly frame: Box;
    readonly obstacles: readonly Box[];
  },
): readonly (Point | undefined)[] {
  const { height, frame, obstacles, gap } = options;
  const taken = [...obstacles];
  return points.map((point) => {
    const { x, y, width, top = y, bottom = y } = point;
    const free = rings
      .flatMap((times) =>
        directions.map(([toX, toY]) => {
          const end = toY < 0 ? top : bottom;
          const from = toX !== 0 ? y : end;
          return {
            x: x + offset(toX, times * gap, width),
            y: from + offset(toY, times * gap, height),
            width,
            height,
          };
        }),
      )
      .find(
        (box) =>
          inside(box, frame) &&
          !taken.some((occupied) => overlap(box, occupied)) &&
          points.every((neighbour) => distance(box, point) <= distance(box, neighbour)),
      );
    if (free === undefined) return undefined;
    taken.push(free);
    return { x: free.x, y: free.y };
  });
}

/** Distances from a point in gaps, and directions, the preferred ones first. */
const rings = [1, 2.2, 3.6, 5.2];
const directions = [
  [1, 0],
  [-1, 0],
  [0, -1],
  [0, 1],
  [1, -1],
  [1, 1],
  [-1, -1],
  [-1, 1],
] as const;

/** Along one axis, from the point to the start of its text: after it, before it, or around it. */
function offset(to: -1 | 0 | 1, away: number, length: number): number {
  if (to === 0) return -length / 2;
  return to > 0 ? away : -away - length;
}

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

function distance(box: Box, { x, y, top = y, bottom = y }: Labelled): number {
  const apart = (from: number, to: number, low: number, length: number) =>
    Math.max(low - to, 0, from - low - length);
  return Math.hypot(apart(x, x, box.x, box.width), apart(top, bottom, box.y, box.height));
}

const inside = (box: Box, frame: Box): boolean =>
  box.x >= frame.x &&
  box.y >= frame.y &&
  box.x + box.width <= frame.x + frame.width &&
  box.y + box.height <= frame.y + frame.height;
