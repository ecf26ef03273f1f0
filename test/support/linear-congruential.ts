/**
 * Numbers that programs in other languages can repeat in three lines: x → 1664525 x + 1013904223
 * mod 2^32, as float32 from -bound up to bound. Not random enough for anything else.
 */
export function linearCongruential(seed: number): (length: number, bound: number) => Float32Array {
  let state = seed;
  return (length, bound) =>
    Float32Array.from({ length }, () => {
      state = (Math.imul(1664525, state) + 1013904223) >>> 0;
      return (state / 2 ** 31 - 1) * bound;
    });
}
