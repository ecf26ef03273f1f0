/** Maps `items` in order, at most `limit` at once and in memory. The first rejection is thrown in its turn. */
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
