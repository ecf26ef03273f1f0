import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collapsedTo } from './collapse.ts';

const of = (labels: number[], logits: number[]) =>
  collapsedTo({ labels: Int32Array.from(labels), logits: Float32Array.from(logits) });

test('one class for everything is a collapse where there are both', () => {
  assert.equal(of([0, 1], [2, 1, 0.1, 0]), 'real');
  assert.equal(of([0, 1], [1, 2, 0, 3]), 'fake');
  assert.equal(of([0, 1], [0, 0, 0, 0]), 'real');
  assert.equal(of([0, 1], [1, 2, 3, 0]), undefined);
  assert.equal(of([1, 1], [1, 2, 1, 2]), undefined);
});
