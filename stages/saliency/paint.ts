import type { AttributionMap } from '../../src/attribution/attribution-map.ts';
import { mostSalient } from '../../src/attribution/measures/most-salient.ts';
import { resizeMap } from '../../src/attribution/resize-map.ts';
import { paintMap } from '../../src/vision/map-image.ts';
import { thumbnail } from '../../src/vision/thumbnail.ts';

/** Evenly to the eye, in grey and to the colour-blind; jet's bands would show edges where maps have none. */
export const colours = 'viridis';

/** Most pixels a side of what is shown. */
const mostShown = 128;
/** Of the pixels, as bright as the brightest: a gradient has few that stand out so far that all others would be dark. */
const brightest = 0.01;

/** A raw map as a picture for a chart, in its own scale: from zero to the least of its most salient 1 % of pixels. */
export async function paintRaw(map: AttributionMap): Promise<string> {
  const scale = Math.min(1, mostShown / Math.max(map.width, map.height));
  const size = { width: Math.round(scale * map.width), height: Math.round(scale * map.height) };
  const { values } = resizeMap(map, size);
  const count = Math.max(1, Math.round(brightest * values.length));
  // Of a map that is zero almost everywhere, what there is.
  const full = mostSalient(values, count).value || mostSalient(values, 1).value || 1;
  return thumbnail(paintMap({ ...size, values: values.map((value) => Math.min(1, value / full)) }, colours));
}

/** A map that is scaled already. */
export function paintScaled(map: AttributionMap): Promise<string> {
  return thumbnail(paintMap(map, colours), { side: 256, format: 'png' });
}
