import { parentPort, type Worker } from 'node:worker_threads';

interface MapInThreads<T, Q> {
  readonly items: readonly T[];
  /** At most; few items get fewer. */
  readonly threads: number;
  readonly start: () => Worker;
  /** Makes what a thread is asked about an item. */
  readonly ask: (item: T) => Q | Promise<Q>;
  /** So many items take longer than a thread takes to start; 500, as for images, when absent. */
  readonly worthwhile?: number;
}

/**
 * Maps items in order by threads that call {@link answerInThread}, two at once in each. The first
 * rejection is thrown in its turn. The buffers of decoded images make V8 look through all objects
 * of their thread every few hundred images: a thread that keeps nothing has few.
 */
export async function* mapInThreads<T, Q, A>({
  items,
  threads,
  start,
  ask,
  worthwhile = 500,
}: MapInThreads<T, Q>): AsyncGenerator<A> {
  const count = Math.max(1, Math.min(threads, Math.ceil(items.length / worthwhile)));
  const waiting = new Map<number, { resolve(answer: A): void; reject(error: Error): void }>();
  let failure: Error | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(error);
  };
  const workers = Array.from({ length: count }, () =>
    start()
      .on('message', ({ id, answer }) => {
        waiting.get(id)!.resolve(answer);
        waiting.delete(id);
      })
      .on('error', fail)
      .on('exit', () => fail(new Error('Internal error: a thread ended before its work'))),
  );
  let nextId = 0;
  const map = async (item: T) => {
    const id = nextId++;
    const question = await ask(item);
    if (failure !== undefined) throw failure; // a thread that is gone would never answer
    return await new Promise<A>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      workers[id % count]!.postMessage({ id, question });
    });
  };
  try {
    yield* mapParallel(items, 2 * count, map);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Answers every question of {@link mapInThreads}, from the module that its threads run. */
export function answerInThread<Q, A>(answer: (question: Q) => Promise<A>): void {
  parentPort!.on('message', async ({ id, question }) => {
    parentPort!.postMessage({ id, answer: await answer(question) });
  });
}

/**
 * Maps `items` in order, at most `limit` at once and in memory. The first rejection is thrown in
 * its turn.
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
