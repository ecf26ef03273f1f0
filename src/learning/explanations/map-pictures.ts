import type { AttributionMap } from '../attribution/attribution-map.ts';
import { resizeMap } from '../attribution/resize-map.ts';
import { scaleMap } from '../attribution/scale-map.ts';
import type { ColourBar } from '../charts/colour-bar.ts';
import { type ColourMap, colourMap } from '../vision/colour-map.ts';
import type { DecodedImage } from '../vision/decode-image.ts';
import { type OverlayOptions, overlayMap } from '../vision/paint-map.ts';
import { thumbnail } from '../vision/thumbnail.ts';

/** A picture as charts hold it: a data URI of at most so many pixels a side. */
interface Size {
  readonly side: number;
}

/** An image with a map over it, which is brought to its size and then scaled; the image alone where the map is constant. */
export function overlayPicture(
  image: DecodedImage,
  map: AttributionMap,
  { side, ...options }: Size & OverlayOptions,
): Promise<string> {
  const resized = resizeMap(map, image);
  return thumbnail(overlayMap(image, { ...resized, values: scaleMap(resized.values) }, options), { side });
}

/** What a map says that is the same everywhere: that of zeros, or of one value; undefined of any other. */
export function constancyOf({ values }: AttributionMap): 'zero everywhere' | 'the same everywhere' | undefined {
  const [first = 0] = values;
  if (values.some((value) => value !== first)) return undefined;
  return first === 0 ? 'zero everywhere' : 'the same everywhere';
}

/** What the ends of a colour map look like, least and most. */
export const colourWords: Readonly<Record<ColourMap, readonly [string, string]>> = {
  jet: ['blue', 'red'],
  viridis: ['violet', 'yellow'],
};

/** Values from 0 to 1 and their colours in hex, as a chart's scale takes them. */
export function colourScale(colours: ColourMap): Pick<ColourBar, 'domain' | 'colours'> {
  const domain = Array.from({ length: 33 }, (_, i) => i / 32);
  const hex = (value: number) =>
    `#${colourMap(colours)(value)
      .map((part) => part.toString(16).padStart(2, '0'))
      .join('')}`;
  return { domain, colours: domain.map(hex) };
}

/** The bar that says what the colours of maps mean which are scaled one by one. */
export function mapColourBar(colours: ColourMap, length: number): ColourBar {
  return {
    title: 'of each map, on its own scale',
    ...{ ...colourScale(colours), length },
    ...{ values: [0, 1], labels: ['least', 'most'], orient: 'bottom' },
  };
}
