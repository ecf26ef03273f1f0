/** The Euclidean distance of two descriptors of the same length. */
export function distanceOf(first: Float32Array, second: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < first.length; i++) sum += (first[i]! - second[i]!) ** 2;
  return Math.sqrt(sum);
}

/** The mean of descriptors. */
export function meanOf(descriptors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(descriptors[0]!.length);
  for (const descriptor of descriptors) {
    for (let i = 0; i < mean.length; i++) mean[i]! += descriptor[i]! / descriptors.length;
  }
  return mean;
}
