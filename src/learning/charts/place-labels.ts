/** A rectangle, in units, with its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A point with a text of its own. */
export interface LabelledPoint {
  readonly x: number;
  readonly y: number;
  /** Of the text. */
  readonly width: number;
}

interface PlacementOptions {
  /** Of every text. */
  readonly height: number;
  /** Within which texts stay. */
  readonly frame: Box;
  /** What texts should not cover: points, intervals. */
  readonly obstacles: readonly Box[];
  /** Between a point and its text. */
  readonly gap: number;
}

/**
 * Where the texts of points stand without covering each other or anything else: beside, above or below the point, or farther
 * away where all of that is taken; never nearer to another point than to its own, whose name it would seem. Gives the upper left corner of each, in order; undefined where there is no room. The first
 * points choose first (greedy: Christensen, Marks and Shieber 1995, "An empirical study of algorithms for point-feature label
 * placement").
 */
export function placeLabels(
  points: readonly LabelledPoint[],
  { height, frame, obstacles, gap }: PlacementOptions,
): readonly (Pick<Box, 'x' | 'y'> | undefined)[] {
  const taken = [...obstacles];
  return points.map(({ x, y, width }) => {
    const free = places(gap, width, height)
      .map(([dx, dy]) => ({ x: x + dx, y: y + dy, width, height }))
      .find(
        (box) =>
          inside(box, frame) &&
          !taken.some((other) => overlap(box, other)) &&
          points.every((other) => distance(box, { x, y }) <= distance(box, other)),
      );
    if (free === undefined) return undefined;
    taken.push(free);
    return { x: free.x, y: free.y };
  });
}

/** From the point to the corner of its text, what is wanted most first. */
function places(gap: number, width: number, height: number): readonly (readonly [number, number])[] {
  const rings = [1, 2.2, 3.6, 5.2].map((times) => times * gap);
  return rings.flatMap((away) => {
    const [right, left, middle] = [away, -away - width, -width / 2];
    const [above, below, beside] = [-away - height, away, -height / 2];
    return [
      ...([
        [right, beside],
        [left, beside],
        [middle, above],
        [middle, below],
      ] as const),
      ...([
        [right, above],
        [right, below],
        [left, above],
        [left, below],
      ] as const),
    ];
  });
}

const overlap = (one: Box, other: Box): boolean =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

/** Of a point from the nearest of a rectangle. */
function distance(box: Box, { x, y }: Pick<LabelledPoint, 'x' | 'y'>): number {
  const beyond = (value: number, low: number, length: number) => Math.max(low - value, 0, value - low - length);
  return Math.hypot(beyond(x, box.x, box.width), beyond(y, box.y, box.height));
}

const inside = (box: Box, frame: Box): boolean =>
  box.x >= frame.x &&
  box.y >= frame.y &&
  box.x + box.width <= frame.x + frame.width &&
  box.y + box.height <= frame.y + frame.height;
