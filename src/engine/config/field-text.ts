import type { Json } from '../../json.ts';

/**
 * A field of an axis value as a label, such as that of `sample.rate`: a list or a map as JSON.
 *
 *     fieldText(0.1) // '0.1'
 *     fieldText([8, 16]) // '[8,16]'
 */
export const fieldText = (value: Json): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);
