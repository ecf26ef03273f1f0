import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/temporary-folder.ts';
import { CheckpointPoints } from './checkpoint-points.ts';

const point = (step: number, unit = 'epoch') => ({ unit, step, values: { loss: 1 / step } });
/** Reports epochs in one attempt, and returns the epochs of its curves. */
function attempt(path: string, ...steps: readonly number[]): readonly number[] {
  const points = new CheckpointPoints(path);
  return steps.flatMap((step) => points.add(point(step)).map((added) => added.step));
}

test('the points before a checkpoint come before those of the attempt that resumes, once', (t) => {
  const path = join(temporaryFolder(t), 'checkpoint');
  writeFileSync(path, 'state');
  assert.deepEqual(attempt(path, 1, 2, 3), [1, 2, 3]);
  assert.deepEqual(attempt(path, 4, 5), [1, 2, 3, 4, 5]);
  assert.deepEqual(attempt(path, 6), [1, 2, 3, 4, 5, 6]);
});

test('an attempt that begins further back, or anew, replaces what it reports again', (t) => {
  const path = join(temporaryFolder(t), 'checkpoint');
  writeFileSync(path, 'state');
  attempt(path, 1, 2, 3, 4);
  assert.deepEqual(attempt(path, 3, 4), [1, 2, 3, 4]);
  assert.deepEqual(attempt(path, 1), [1]);
  assert.deepEqual(attempt(path, 2), [1, 2], 'the later epochs are forgotten');
});

test('points are only kept beside a checkpoint, and from before its first writing on', (t) => {
  const path = join(temporaryFolder(t), 'checkpoint');
  const points = new CheckpointPoints(path);
  points.add(point(1));
  assert.equal(existsSync(`${path}.points`), false);
  writeFileSync(path, 'state');
  points.add(point(2));
  assert.deepEqual(attempt(path, 3), [1, 2, 3]);
});

test('points by another unit, and lines that a kill tore, are left out', (t) => {
  const path = join(temporaryFolder(t), 'checkpoint');
  writeFileSync(path, 'state');
  writeFileSync(
    `${path}.points`,
    `${JSON.stringify(point(1))}\n${JSON.stringify(point(9, 'step'))}\n{"unit":"epo`,
  );
  assert.deepEqual(attempt(path, 2), [1, 2]);
});
