/**
 * Integer ticks from `first` to `last`: all of them, or at most `most` multiples of 2, 5, 10, 20, …
 */
export function integerTicks(first: number, last: number, most = 12): readonly number[] {
  const step = [...steps()].find((size) => (last - first) / size < most)!;
  const start = Math.ceil(first / step) * step;
  return Array.from(
    { length: Math.floor((last - start) / step) + 1 },
    (_, index) => start + index * step,
  );
}

function* steps(): Generator<number> {
  for (let power = 1; power < 1e15; power *= 10) yield* [power, 2 * power, 5 * power];
}
