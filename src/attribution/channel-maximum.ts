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
  return Float32Array.from({ length: values.length / channels }, (_, pixel) => {
    let most = 0;
    for (let c = 0; c < channels; c++) most = Math.max(most, Math.abs(values[pixel * channels + c]!));
    return most;
  });
}
