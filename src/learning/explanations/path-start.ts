import type { ImageInput } from '../models/model-info.ts';

/** The colour that paths of integrated gradients begin with, normalised, as `explain` takes it: red, green, blue. */
export function pathStart(
  baseline: 'black' | 'mean',
  { mean, deviation }: ImageInput['normalise'],
): readonly [number, number, number] {
  const of = (channel: 0 | 1 | 2) => (baseline === 'mean' ? 0 : -mean[channel] / deviation[channel]);
  return [of(0), of(1), of(2)];
}
