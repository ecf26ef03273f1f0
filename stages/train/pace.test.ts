import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from './pace.ts';

test('speed is that of training, and time left counts both sorts of work at their own speed', () => {
  let now = 0;
  const pace = new Pace({ training: 100, evaluation: 50 }, () => now);

  now = 20; // the first step prepares everything
  pace.count('training', 10);
  now = 29;
  pace.count('training', 18);
  assert.deepEqual([pace.trainingRate, pace.secondsLeft], [28 / 29, undefined]);
  now = 30;
  pace.count('training', 2);
  assert.deepEqual([pace.trainingRate, pace.secondsLeft], [1, 35 + 50 / 6]);
  now = 40;
  pace.count('evaluation', 25);
  assert.deepEqual([pace.trainingRate, pace.secondsLeft], [1, 35 + 10]);
  assert.deepEqual([pace.done, pace.total], [55, 150]);
});

test('images of an earlier attempt count as done, but not for the speed', () => {
  let now = 0;
  const pace = new Pace({ training: 100, evaluation: 50 }, () => now, {
    training: 60,
    evaluation: 30,
  });

  now = 2;
  pace.count('training', 10);
  now = 12;
  pace.count('training', 20);
  assert.deepEqual([pace.trainingRate, pace.secondsLeft], [2.5, 5 + 20 / 6]);
  assert.deepEqual([pace.done, pace.total], [120, 150]);
});

test('waiting is the time until a batch comes, not the time that is spent on it', async () => {
  let now = 0;
  const pace = new Pace({ training: 2, evaluation: 0 }, () => now);
  async function* batches() {
    for (const wait of [1, 0]) {
      now += wait;
      yield wait;
    }
  }

  for await (const _ of pace.waitFor(batches())) {
    now += 2;
    pace.count('training', 1);
  }

  assert.equal(pace.waiting, 1 / 5);
});
