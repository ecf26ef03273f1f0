interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle, in units, with its upper left corner. */
interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** A point with the width of its text. */
interface Labelled extends Omit<Box, 'height'> {
  /** Whether its text is never left out: without room it stands where it covers the least. */
  readonly isKept?: boolean;
}

/**
 * Places the texts of points (all of one `height`, each of its own width) beside them, above or
 * below them, or farther away where all of that is taken: inside of the frame, so that they cover
 * neither each other nor any obstacle, and none is nearer to another point than to its own. Gives
 * the upper left corner of each, in order; undefined where there is no room. The first points
 * choose first (greedy: Christensen, Marks and Shieber 1995, "An empirical study of algorithms for
 * point-feature label placement").
 */
export function layOutLabels(
  points: readonly Labelled[],
  options: {
    readonly height: number;
    readonly gap: number;
    readonly frame: Box;
    readonly obstacles: readonly Box[];
    /** Whether a text may stand farther away than beside its point; else only a kept one may. */
    readonly mayLeave?: boolean;
  },
): readonly (Point | undefined)[] {
  const { height, frame, obstacles, gap, mayLeave = true } = options;
  const taken = [...obstacles];
  return points.map((point) => {
    const { x, y, width, isKept = false } = point;
    const placesAt = (times: number): readonly Box[] =>
      directions
        .map(([toX, toY]) => ({
          x: x + offset(toX, times * gap, width),
          y: y + offset(toY, times * gap, height),
          width,
          height,
        }))
        .filter((box) => inside(box, frame));
    const covered = (box: Box) => taken.filter((occupied) => overlap(box, occupied)).length;
    const isNearest = (box: Box) =>
      points.every((neighbour) => distance(box, point) <= distance(box, neighbour));
    const places = rings.flatMap(placesAt);
    const free = (mayLeave ? places : placesAt(rings[0])).find(
      (box) => covered(box) === 0 && isNearest(box),
    );
    const place = free ?? (isKept ? leastBy(places, covered) : undefined);
    if (place === undefined) return undefined;
    taken.push(place);
    return { x: place.x, y: place.y };
  });
}

/** The first of those with the smallest number. */
function leastBy<T>(items: readonly T[], numberOf: (item: T) => number): T | undefined {
  const least = Math.min(...items.map(numberOf));
  return items.find((item) => numberOf(item) === least);
}

/** Distances from a point in gaps, and directions, the preferred ones first. */
const rings = [1, 2.2, 3.6, 5.2] as const;
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

function distance(box: Box, { x, y }: Point): number {
  const apart = (at: number, start: number, length: number) =>
    Math.max(start - at, 0, at - start - length);
  return Math.hypot(apart(x, box.x, box.width), apart(y, box.y, box.height));
}

const inside = (box: Box, frame: Box): boolean =>
  box.x >= frame.x &&
  box.y >= frame.y &&
  box.x + box.width <= frame.x + frame.width &&
  box.y + box.height <= frame.y + frame.height;
