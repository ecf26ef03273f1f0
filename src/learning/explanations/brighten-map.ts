import type { AttributionMap } from '../attribution/attribution-map.ts';
import { mostSalient } from '../attribution/measures/most-salient.ts';

/** Of the pixels, as bright as the brightest. */
const brightest = 0.01;

/**
 * A map from 0 to 1 for the eye, from zero to the least of its most salient 1 % of pixels: a gradient has few that stand out so far
 * that all others would be dark. One of zeros stays so.
 */
export function brightenMap({ height, width, values }: AttributionMap): AttributionMap {
  const count = Math.max(1, Math.round(brightest * values.length));
  // Of a map that is zero almost everywhere, what there is.
  const full = mostSalient(values, count).value || mostSalient(values, 1).value || 1;
  return { height, width, values: values.map((value) => Math.min(1, value / full)) };
}
