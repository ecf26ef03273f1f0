import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapInThreads } from './map-in-threads.ts';
import { startWorker } from './start-worker.ts';

const startThread = () => startWorker(import.meta.url, 'testing-thread', undefined);

async function answersTo(
  items: readonly number[],
  ask: (item: number) => number | Promise<number> = (item) => item,
  start = startThread,
): Promise<string[]> {
  const answers: string[] = [];
  for await (const answer of mapInThreads<number, number, string>({
    items,
    threads: 4,
    start,
    ask,
  }))
    answers.push(answer);
  return answers;
}

test('answers come in the order of the items, whichever is ready first', async () => {
  assert.deepEqual(await answersTo([0, 1, 2, 3]), ['answer 0', 'answer 1', 'answer 2', 'answer 3']);
  assert.deepEqual(await answersTo([]), []);
});

test('a failure is thrown, before a thread is asked and in the thread', async () => {
  const refuse = (item: number) => {
    if (item === 2) throw new Error('cannot be read');
    return item;
  };
  await assert.rejects(answersTo([0, 1, 2], refuse), new Error('cannot be read'));
  await assert.rejects(answersTo([0, 1, -2]), /-2 is negative/);
});

test('a thread that ends while its next item is still being read does not leave the others waiting', async () => {
  for (const items of [
    [-1, 1],
    [1, -2],
  ]) {
    let ended: Promise<unknown> | undefined;
    const start = () => {
      const thread = startThread();
      ended = new Promise((resolve) => thread.once('exit', resolve));
      return thread;
    };
    const ask = async (item: number) => {
      if (item === 1) await ended;
      return item;
    };
    await assert.rejects(answersTo(items, ask, start), /is negative/);
  }
});
