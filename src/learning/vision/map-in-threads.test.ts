import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapInThreads } from './map-in-threads.ts';
import { startWorker } from './start-worker.ts';

async function answersTo(
  items: readonly number[],
  ask: (item: number) => number | Promise<number> = (item) => item,
): Promise<string[]> {
  const start = () => startWorker(import.meta.url, 'testing-thread', undefined);
  const answers: string[] = [];
  for await (const answer of mapInThreads<number, number, string>({ items, threads: 4, start, ask }))
    answers.push(answer);
  return answers;
}

test('answers come in the order of the items, whichever is ready first', async () => {
  assert.deepEqual(await answersTo([0, 1, 2, 3]), ['answer 0', 'answer 1', 'answer 2', 'answer 3']);
  assert.deepEqual(await answersTo([]), []);
});

test('what fails is thrown: before a thread is asked, and in the thread', async () => {
  const refuse = (item: number) => {
    if (item === 2) throw new Error('cannot be read');
    return item;
  };
  await assert.rejects(answersTo([0, 1, 2], refuse), new Error('cannot be read'));
  await assert.rejects(answersTo([0, 1, -2]), /-2 is negative/);
});

test('a thread that ends while its next item is still being read does not leave the others waiting', async () => {
  const ask = async (item: number) => {
    if (item === 1) await new Promise((resolve) => setTimeout(resolve, 200));
    return item;
  };
  await assert.rejects(answersTo([-1, 1], ask), /-1 is negative/);
  const late = answersTo([1, -2], ask);
  await assert.rejects(late, /-2 is negative/);
});
