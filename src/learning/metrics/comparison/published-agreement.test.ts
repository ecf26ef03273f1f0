import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreement, publishedEnds } from './published-agreement.ts';

const at = (low: number, high: number) => () => ({ low, high });
const published = { metric: 'auc', value: 0.9 } as const;

test('values agree, differ, or say nothing, by the interval of their difference and the margin', () => {
  const verdict = (value: number, half: number) =>
    agreement(value, at(value - half, value + half), published, 0.02).verdict;
  assert.equal(verdict(0.905, 0.01), 'agrees');
  assert.equal(verdict(0.95, 0.01), 'differs');
  assert.equal(verdict(0.85, 0.01), 'differs');
  assert.equal(verdict(0.905, 0.03), 'cannot say');
  assert.equal(verdict(0.925, 0.01), 'cannot say');
  const undefinedEnds = agreement(0.9, at(Number.NaN, Number.NaN), published, 0.02);
  assert.equal(undefinedEnds.verdict, 'cannot say');
});

test('the published value has its own sampling error where its counts are known', () => {
  assert.deepEqual(publishedEnds(published, 0.95), { low: 0.9, high: 0.9 });
  const counted = { ...published, counts: { negatives: 50, positives: 50 } };
  const { low, high } = publishedEnds(counted, 0.95);
  assert.ok(low > 0.8 && low < 0.86 && high > 0.93 && high < 0.96, `${low} to ${high}`);
  const perfect = publishedEnds({ ...counted, value: 1 }, 0.95);
  assert.deepEqual([perfect.low.toFixed(3), perfect.high], ['0.942', 1]);
  const own = agreement(0.9, at(0.88, 0.92), published, 0.05);
  const wider = agreement(0.9, at(0.88, 0.92), counted, 0.05);
  assert.deepEqual([own.verdict, wider.verdict], ['agrees', 'cannot say']);
});
