/**
 * How many files the process reads, copies or moves at once: a disk gains nothing from more, and
 * systems allow few.
 */
const mostFiles = 16;
let busy = 0;
const waiting: (() => void)[] = [];

/**
 * Runs `work`, which handles files, for every item, `limit` at a time. Throws the first failure
 * once what ran has ended.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const all = [...items];
  const iterator = all.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next()) {
      await inTurn(work, next.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, all.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

async function inTurn<T>(work: (item: T) => Promise<void>, item: T): Promise<void> {
  if (busy < mostFiles) busy += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await work(item);
  } finally {
    const next = waiting.shift();
    if (next === undefined) busy -= 1;
    else next();
  }
}
