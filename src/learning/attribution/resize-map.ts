import { resample } from '../vision/resample.ts';
import type { AttributionMap } from './attribution-map.ts';

/** A map in another size: linear between places whose centres are half a place from the border, as images are resized. */
export function resizeMap(
  map: AttributionMap,
  to: { readonly height: number; readonly width: number },
): AttributionMap {
  const { height, width } = to;
  if (map.height === height && map.width === width) return map;
  return { height, width, values: resample(map.values, map, { height, width }, 1) };
}
