import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdleWorkers, type Worker } from './idle-workers.ts';

/** A worker that records its end. */
class FakeWorker implements Worker {
  readonly #end = { resolve: () => {} };
  readonly ended = new Promise<void>((resolve) => {
    this.#end.resolve = resolve;
  });
  killed = false;
  isAlive = true;

  async kill(): Promise<void> {
    this.killed = true;
    this.die();
  }

  die(): void {
    this.#end.resolve();
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a worker serves the next stage of its key, the most recently idle one first', () => {
  const idle = new IdleWorkers({ workers: 4, memory: 100 });
  const first = new FakeWorker();
  const second = new FakeWorker();
  const secondWorker = new FakeWorker();
  idle.keep(first, 'a', 10);
  idle.keep(second, 'a', 10);
  idle.keep(secondWorker, 'b', 10);
  assert.equal(idle.take('a', 0), second);
  assert.equal(idle.memory, 20);
  assert.equal(idle.take('a', 0), first);
  assert.equal(idle.take('a', 0), undefined);
});

test('too many workers, or too much memory, end the one that has been idle longest', () => {
  const idle = new IdleWorkers({ workers: 2, memory: 100 });
  const first = new FakeWorker();
  const second = new FakeWorker();
  const third = new FakeWorker();
  const large = new FakeWorker();
  for (const worker of [first, second, third]) idle.keep(worker, 'a', 10);
  assert.deepEqual([first.killed, second.killed, third.killed], [true, false, false]);
  idle.keep(large, 'b', 95);
  assert.deepEqual([second.killed, third.killed, large.killed], [true, true, false]);
  assert.equal(idle.memory, 95);
});

test('a killed worker serves no further stage', async () => {
  const idle = new IdleWorkers({ workers: 2, memory: 100 });
  const worker = new FakeWorker();
  idle.keep(worker, 'a', 10);
  worker.die();
  await settle();
  assert.deepEqual([idle.take('a', 0), idle.memory], [undefined, 0]);
});

test('a worker whose end was not handled yet serves no further stage', () => {
  const idle = new IdleWorkers({ workers: 2, memory: 100 });
  const worker = new FakeWorker();
  idle.keep(worker, 'a', 10);
  worker.isAlive = false;
  assert.equal(idle.take('a', 0), undefined);
});

test('a stage that declares less memory than a worker holds gets another one', () => {
  const idle = new IdleWorkers({ workers: 4, memory: 100 });
  const small = new FakeWorker();
  const large = new FakeWorker();
  idle.keep(small, 'a', 20);
  idle.keep(large, 'a', 40);
  assert.equal(idle.take('a', 30), small);
  assert.equal(idle.take('a', 30), undefined);
});

test('at the end all workers are killed, also one that is already ending', async () => {
  const idle = new IdleWorkers({ workers: 1, memory: 100 });
  const first = new FakeWorker();
  const second = new FakeWorker();
  idle.keep(first, 'a', 10);
  idle.keep(second, 'a', 10);
  await idle.end();
  assert.deepEqual([first.killed, second.killed, idle.memory], [true, true, 0]);
});
