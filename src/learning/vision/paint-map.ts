import { type ColourMap, colourMap } from './colour-map.ts';
import type { DecodedImage } from './decode-image.ts';

/** A value from 0 to 1 for every pixel. */
export interface ScaledMap {
  readonly height: number;
  readonly width: number;
  /** `[height, width]`. */
  readonly values: Float32Array;
}

export interface OverlayOptions {
  readonly colours: ColourMap;
  /** How much of a pixel is the map's colour, 0 to 1; the rest is the image's. */
  readonly opacity: number;
}

/** A map as an image, each value in its colour. */
export function paintMap({ height, width, values }: ScaledMap, colours: ColourMap): DecodedImage {
  const colourOf = colourMap(colours);
  const pixels = new Uint8Array(3 * values.length);
  for (const [i, value] of values.entries()) pixels.set(colourOf(value), 3 * i);
  return { height, width, pixels };
}

/**
 * An image with a map over it, of the same size. A map of zeros says nothing of where, and leaves the image as it is, without
 * the tint of the lowest colour.
 */
export function overlayMap(image: DecodedImage, map: ScaledMap, { colours, opacity }: OverlayOptions): DecodedImage {
  const { height, width } = image;
  if (map.height !== height || map.width !== width) {
    throw new Error(`Internal error: a map of ${map.width} x ${map.height} over an image of ${width} x ${height}`);
  }
  if (map.values.every((value) => value === 0)) return image;
  const painted = paintMap(map, colours).pixels;
  const pixels = image.pixels.map((value, i) => Math.round(value + opacity * (painted[i]! - value)));
  return { height, width, pixels };
}
