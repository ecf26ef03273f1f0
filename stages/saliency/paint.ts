import type { AttributionMap } from '../../src/learning/attribution/attribution-map.ts';
import { resizeMap } from '../../src/learning/attribution/resize-map.ts';
import { brightenMap } from '../../src/learning/explanations/brighten-map.ts';
import { paintMap } from '../../src/learning/vision/paint-map.ts';
import { thumbnail } from '../../src/learning/vision/thumbnail.ts';

/** Evenly to the eye, in grey and to the colour-blind; jet's bands would show edges where maps have none. */
export const colours = 'viridis';

/** Most pixels a side of what is shown. */
const mostShown = 128;

/** A raw map as a picture for a chart, brightened in its own scale. */
export async function paintRaw(map: AttributionMap): Promise<string> {
  const scale = Math.min(1, mostShown / Math.max(map.width, map.height));
  const size = { width: Math.round(scale * map.width), height: Math.round(scale * map.height) };
  return thumbnail(paintMap(brightenMap(resizeMap(map, size)), colours));
}

/** A map that is scaled already. */
export function paintScaled(map: AttributionMap): Promise<string> {
  return thumbnail(paintMap(map, colours), { side: 256, format: 'png' });
}
