import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curveShape } from './curve-shape.ts';

test('a curve rises or falls in every epoch, on the whole, or fluctuates', () => {
  assert.equal(curveShape([1, 2, 3, 4]), 'rises in every epoch');
  assert.equal(curveShape([4, 3, 2, 1]), 'falls in every epoch');
  assert.equal(curveShape([1, 2, 2, 4]), 'never falls');
  assert.equal(curveShape([4, 2, 2, 1]), 'never rises');
  assert.equal(curveShape([1, 4, 3, 5]), 'rises, not in every epoch');
  assert.equal(curveShape([5, 3, 4, 1]), 'falls, not in every epoch');
  assert.equal(curveShape([1, 3, 1, 2]), 'fluctuates');
  assert.equal(curveShape([1, 3, 1]), 'fluctuates');
});

test('a flat curve and a single epoch go nowhere', () => {
  assert.equal(curveShape([1, 1, 1]), 'stays the same');
  assert.equal(curveShape([1]), 'one epoch');
});
