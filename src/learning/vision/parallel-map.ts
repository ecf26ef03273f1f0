/**
 * Maps `items` with at most `limit` calls of `map` at once, and yields the results in the order of the items. A result waits
 * for those before it, so no more than `limit` are ever in memory. The first rejection is thrown in its turn; the other
 * calls then end unheard.
 */
export async function* mapParallel<T, R>(
  items: Iterable<T>,
  limit: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = [];
  for (const item of items) {
    if (running.length >= limit) yield await running.shift()!;
    const result = map(item);
    // Heard when its turn comes: until then a rejection is not "unhandled".
    result.catch(() => {});
    running.push(result);
  }
  for (const result of running) yield await result;
}
