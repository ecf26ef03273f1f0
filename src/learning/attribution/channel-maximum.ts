/**
 * A map from values by channel: of each pixel, the greatest magnitude among its channels (Simonyan, Vedaldi and Zisserman 2014,
 * "Deep inside convolutional networks", section 3.1).
 *
 * Example: one pixel of (0.1, -0.5, 0.3) gives 0.5.
 *
 * @param values `[…, channels]`.
 * @returns `[…]`, at least 0.
 */
export function channelMaximum(values: Float32Array, channels = 3): Float32Array {
  const map = new Float32Array(values.length / channels);
  // Without a call for each pixel, which took a tenth of the time of the gradient itself.
  for (let pixel = 0, at = 0; pixel < map.length; pixel++) {
    let most = 0;
    for (const end = at + channels; at < end; at++) most = Math.max(most, Math.abs(values[at]!));
    map[pixel] = most;
  }
  return map;
}
