import type { LayerView } from './layer-view.ts';

/** The part above zero of the sum of a layer's maps, each times its weight: `[height, width]`. Most methods end so. */
export function weighChannels({ activations, channels }: LayerView, weights: ArrayLike<number>): Float32Array {
  return sumChannels(activations, channels, (at, c) => weights[c]! * activations[at]!);
}

/** Of each place, the part above zero of the sum over channels of a term, which gets the place in `[height, width, channels]`. */
export function sumChannels(
  { length }: Float32Array,
  channels: number,
  term: (at: number, channel: number) => number,
): Float32Array {
  return Float32Array.from({ length: length / channels }, (_, place) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += term(place * channels + c, c);
    return Math.max(0, sum);
  });
}

/** The sum over places of a term, for each channel. */
export function sumPlaces(
  { height, width, channels }: Pick<LayerView, 'height' | 'width' | 'channels'>,
  term: (at: number, channel: number) => number,
): Float64Array {
  const sums = new Float64Array(channels);
  for (let place = 0; place < height * width; place++) {
    for (let c = 0; c < channels; c++) sums[c]! += term(place * channels + c, c);
  }
  return sums;
}
