import type { PlaneView, Size } from './plane-view.ts';

/** What is painted: points with a colour each, those that do not count beneath the others. */
export interface PaintedPoints {
  /** `[points, 2]`, in the unit of the plane; not a number where a point has no place. */
  readonly points: Float64Array;
  /** The colour of each point, as 0xBBGGRR. */
  readonly colours: Uint32Array;
  /** 1 for each point that counts; the others are faint. */
  readonly counts: Uint8Array;
  readonly faint: number;
  readonly ground: number;
  /** The radius of a point, in pixels of the canvas. */
  readonly radius: number;
}

/** The pixels of a disc around its middle. */
interface Disc {
  readonly reach: number;
  /** Steps from the pixel of the middle, and how far the disc covers each: 1 to 256. */
  readonly steps: Int32Array;
  readonly covers: Int32Array;
}

const opaque = 0xff000000;

/**
 * Paints points into the pixels of a canvas, each a 32-bit number 0xAABBGGRR. A call of the canvas
 * for every point would take five times as long.
 */
export function paintPoints(
  pixels: Uint32Array,
  size: Size,
  view: PlaneView,
  { points, colours, counts, faint, ground, radius }: PaintedPoints,
): void {
  pixels.fill(ground | opaque);
  const disc = discOf(radius, size.width);
  const left = size.width / 2 - view.centre[0] * view.scale;
  const top = size.height / 2 + view.centre[1] * view.scale;
  const right = size.width - disc.reach;
  const bottom = size.height - disc.reach;
  for (const isCounted of [0, 1]) {
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] !== isCounted) continue;
      // Rounded as whole numbers are; a point without a place is at 0, thus beyond the edge.
      const x = (left + points[2 * i]! * view.scale + 0.5) | 0;
      const y = (top - points[2 * i + 1]! * view.scale + 0.5) | 0;
      if (x < disc.reach || y < disc.reach || x >= right || y >= bottom) continue;
      blend(pixels, y * size.width + x, disc, isCounted === 1 ? colours[i]! : faint);
    }
  }
}

function discOf(radius: number, width: number): Disc {
  const reach = Math.ceil(radius);
  const steps: number[] = [];
  const covers: number[] = [];
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) {
      // The edge of the disc is one pixel wide.
      const cover = Math.round(256 * Math.max(0, Math.min(1, radius + 0.5 - Math.hypot(x, y))));
      if (cover === 0) continue;
      steps.push(y * width + x);
      covers.push(cover);
    }
  return { reach, steps: Int32Array.from(steps), covers: Int32Array.from(covers) };
}

/** Lays a disc of a colour over the pixels around one. */
function blend(pixels: Uint32Array, at: number, { steps, covers }: Disc, colour: number): void {
  const redBlue = colour & 0xff00ff;
  const green = colour & 0x00ff00;
  for (let k = 0; k < steps.length; k++) {
    const pixel = at + steps[k]!;
    const cover = covers[k]!;
    if (cover === 256) {
      pixels[pixel] = colour | opaque;
      continue;
    }
    const below = pixels[pixel]!;
    const rest = 256 - cover;
    // Two channels at once, each with eight bits of room for the product.
    const mixedRedBlue = (Math.imul(redBlue, cover) + Math.imul(below & 0xff00ff, rest)) >>> 8;
    const mixedGreen = (Math.imul(green, cover) + Math.imul(below & 0x00ff00, rest)) >>> 8;
    pixels[pixel] = (mixedRedBlue & 0xff00ff) | (mixedGreen & 0x00ff00) | opaque;
  }
}

/** A colour such as `#0072b2` as 0xBBGGRR. */
export function colourNumber(hex: string): number {
  const value = Number.parseInt(hex.slice(1), 16);
  return ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16);
}
