import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveBack, MemoryBudget, take } from './memory-budget.ts';

test('who takes gets all or nothing, never more than is left or its own most, and can give it back', () => {
  const budget = new MemoryBudget(100.5);
  const [one, other] = [budget.share(), budget.share(30)];
  assert.equal(take(one, 60), true);
  assert.equal(take(other, 31), false);
  assert.equal(take(other, 30), true);
  assert.equal(take(other, 1), false);
  assert.equal(take(one, 11), false);
  assert.equal(budget.left, 10);
  giveBack(one);
  giveBack(one);
  assert.equal(budget.left, 70);
});
