/** The output for one image of a batch of `images`. */
export function rowOf(values: Float32Array, image: number, images: number): Float32Array {
  const width = values.length / images;
  return values.subarray(image * width, (image + 1) * width);
}
