/** One of one class and one of the other, as far as both go: so that those before an image are of both. */
export function inTurn(indices: Uint32Array, labels: readonly number[]): Uint32Array {
  const [real, fake] = [0, 1].map((label) => indices.filter((index) => labels[index] === label)) as [
    Uint32Array,
    Uint32Array,
  ];
  const longest = Math.max(real.length, fake.length);
  return Uint32Array.from(
    Array.from({ length: longest }, (_, i) => [real[i], fake[i]]).flatMap((pair) =>
      pair.filter((index) => index !== undefined),
    ),
  );
}
