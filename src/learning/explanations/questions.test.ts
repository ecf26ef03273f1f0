import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StageError } from '../../stage.ts';
import { expectAll } from './questions.ts';

test('mistakes are told together, and bugs as they are', () => {
  const fail = (error: Error) => () => {
    throw error;
  };
  const [a, b] = [new StageError('No layer.'), new StageError('No class.')];
  assert.deepEqual(
    expectAll(
      () => 1,
      () => 'two',
    ),
    [1, 'two'],
  );
  assert.throws(() => expectAll(fail(a), () => 1), a);
  assert.throws(() => expectAll(fail(a), () => 1, fail(b)), new StageError('No layer.\nNo class.'));
  const bug = new TypeError('x');
  assert.throws(() => expectAll(fail(a), fail(bug)), bug);
});
