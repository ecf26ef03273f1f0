/** A place in the plane. */
export type Place = readonly [x: number, y: number];

/** The bounds of points of the plane. */
export interface Bounds {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
}

/** Points of one cell, on average. */
const perCell = 4;

/**
 * Points of the plane in a grid of square cells, so that the one under the pointer, and those
 * inside of a loop, are found without looking at all. Points are known by their place in the list.
 */
export class PointIndex {
  /** `[points, 2]`; a point that has no place is not a number. */
  readonly points: Float64Array;
  readonly bounds: Bounds;
  readonly #side: number;
  readonly #columns: number;
  readonly #rows: number;
  /** Where the points of each cell begin in `#order`, and at last where they end. */
  readonly #starts: Uint32Array;
  readonly #order: Uint32Array;

  constructor(points: Float64Array) {
    this.points = points;
    this.bounds = boundsOf(points);
    const { left, right, low, high } = this.bounds;
    const area = Math.max(right - left, 1e-9) * Math.max(high - low, 1e-9);
    const cells = Math.max(1, points.length / 2 / perCell);
    // A thin strip of points would otherwise have cells without number.
    const longest = Math.max(right - left, high - low, 1e-9);
    this.#side = Math.max(Math.sqrt(area / cells), longest / 1000);
    this.#columns = Math.floor((right - left) / this.#side) + 1;
    this.#rows = Math.floor((high - low) / this.#side) + 1;
    const cellOf = Int32Array.from({ length: points.length / 2 }, (_, i) =>
      Number.isNaN(points[2 * i]!) ? -1 : this.#cell(points[2 * i]!, points[2 * i + 1]!),
    );
    this.#starts = new Uint32Array(this.#columns * this.#rows + 1);
    for (const cell of cellOf) if (cell >= 0) this.#starts[cell + 1]!++;
    for (let cell = 1; cell < this.#starts.length; cell++)
      this.#starts[cell]! += this.#starts[cell - 1]!;
    this.#order = new Uint32Array(this.#starts.at(-1)!);
    const next = this.#starts.slice();
    for (const [point, cell] of cellOf.entries()) if (cell >= 0) this.#order[next[cell]!++] = point;
  }

  #column(x: number): number {
    const column = Math.floor((x - this.bounds.left) / this.#side);
    return Math.max(0, Math.min(this.#columns - 1, column));
  }

  #row(y: number): number {
    return Math.max(0, Math.min(this.#rows - 1, Math.floor((y - this.bounds.low) / this.#side)));
  }

  #cell(x: number, y: number): number {
    return this.#row(y) * this.#columns + this.#column(x);
  }

  /** Calls for each point in the cells that a box touches. */
  #visit({ left, right, low, high }: Bounds, visit: (point: number) => void): void {
    const first = this.#column(left);
    const last = this.#column(right);
    for (let row = this.#row(low); row <= this.#row(high); row++) {
      const cell = row * this.#columns;
      const end = this.#starts[cell + last + 1]!;
      for (let at = this.#starts[cell + first]!; at < end; at++) visit(this.#order[at]!);
    }
  }

  /** The nearest point at most `radius` away that counts; undefined where there is none. */
  nearest([x, y]: Place, radius: number, counts: (point: number) => boolean): number | undefined {
    let nearest: number | undefined;
    let least = radius * radius;
    const box = { left: x - radius, right: x + radius, low: y - radius, high: y + radius };
    this.#visit(box, (point) => {
      const squared = (this.points[2 * point]! - x) ** 2 + (this.points[2 * point + 1]! - y) ** 2;
      if (squared > least || !counts(point)) return;
      nearest = point;
      least = squared;
    });
    return nearest;
  }

  /** The points inside of a closed loop, by the even-odd rule, in their order. */
  inside(loop: readonly Place[]): readonly number[] {
    if (loop.length < 3) return [];
    const corners = Float64Array.from(loop.flat());
    const inside = new Uint32Array(this.#order.length);
    let count = 0;
    this.#visit(boundsOf(corners), (point) => {
      if (isInside(corners, this.points[2 * point]!, this.points[2 * point + 1]!))
        inside[count++] = point;
    });
    return Array.from(inside.subarray(0, count).sort());
  }
}

function boundsOf(points: Float64Array): Bounds {
  let left = Infinity;
  let right = -Infinity;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]!;
    const y = points[i + 1]!;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    left = Math.min(left, x);
    right = Math.max(right, x);
    low = Math.min(low, y);
    high = Math.max(high, y);
  }
  return left > right ? { left: 0, right: 1, low: 0, high: 1 } : { left, right, low, high };
}

/**
 * Whether a ray from a place to the right crosses the loop an odd number of times. `corners` are
 * `[corners, 2]`: pairs would take five times as long.
 */
function isInside(corners: Float64Array, x: number, y: number): boolean {
  let inside = false;
  let from = corners.length - 2;
  for (let to = 0; to < corners.length; to += 2) {
    const fromY = corners[from + 1]!;
    const toY = corners[to + 1]!;
    if (fromY > y !== toY > y) {
      const fromX = corners[from]!;
      const crossing = fromX + ((corners[to]! - fromX) * (y - fromY)) / (toY - fromY);
      if (x < crossing) inside = !inside;
    }
    from = to;
  }
  return inside;
}

/** At most so many corners of a loop, evenly chosen: a hand draws no finer. */
export function thinLoop(loop: readonly Place[], most: number): readonly Place[] {
  if (loop.length <= most) return loop;
  return Array.from({ length: most }, (_, i) => loop[Math.floor((i * loop.length) / most)]!);
}

/** A loop as an address has it: `umap:1.5,2;3,4`. */
export const formatLoop = (layout: string, loop: readonly Place[]): string =>
  `${layout}:${loop.map((place) => place.map((value) => Number(value.toPrecision(4))).join()).join(';')}`;

/** The layout and loop of such a text; undefined where it is none. */
export function parseLoop(
  text: string,
): { readonly layout: string; readonly loop: readonly Place[] } | undefined {
  const colon = text.lastIndexOf(':');
  const loop = text
    .slice(colon + 1)
    .split(';')
    .map((place) => place.split(',').map(Number));
  const isLoop =
    loop.length > 2 && loop.every((place) => place.length === 2 && place.every(Number.isFinite));
  return colon < 0 || !isLoop
    ? undefined
    : { layout: text.slice(0, colon), loop: loop.map(([x, y]) => [x!, y!] as const) };
}
