import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StageError } from '../../stage.ts';
import { expectAll } from './expect-all.ts';

test('mistakes are reported together, and bugs as they are', async () => {
  const fail = (error: Error) => () => {
    throw error;
  };
  const a = new StageError('No layer.');
  const b = new StageError('No class.');
  assert.deepEqual(
    await expectAll(
      () => 1,
      async () => 'two',
    ),
    [1, 'two'],
  );
  await assert.rejects(
    expectAll(fail(a), () => 1),
    a,
  );
  await assert.rejects(
    expectAll(fail(a), () => 1, fail(b)),
    new StageError('No layer.\nNo class.'),
  );
  const bug = new TypeError('x');
  await assert.rejects(expectAll(fail(a), fail(bug)), bug);
});
