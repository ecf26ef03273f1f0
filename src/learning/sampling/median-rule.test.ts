import assert from 'node:assert/strict';
import { it } from 'node:test';
import { boundsOf, type Course } from './median-rule.ts';

/** A course with a value at each step. */
const course = (...values: readonly number[]): Course =>
  values.map((value, index) => [index + 1, value]);

it('has the bounds of the docstring', () => {
  const courses = [course(3, 2), course(5, 6), course(4)];
  assert.deepEqual(boundsOf(courses, { better: 'lower', from: 1, trials: 2 }), [4, 3.5]);
});

it('has the median of an even and of an odd number of trials, of values of which more is better', () => {
  const rule = { better: 'higher', from: 1, trials: 1 } as const;
  assert.deepEqual(boundsOf([course(0.5, 0.75), course(0.25, 0.25)], rule), [0.375, 0.5]);
  assert.deepEqual(boundsOf([course(1), course(3), course(2)], rule), [2]);
});

it('has no bound before the first step at which trials may end, and none where few have come', () => {
  const courses = [course(3, 2, 1), course(3, 2), course(3, 2)];
  assert.deepEqual(boundsOf(courses, { better: 'lower', from: 2, trials: 3 }), [false, 2]);
  assert.deepEqual(boundsOf(courses, { better: 'lower', from: 3, trials: 3 }), []);
  assert.deepEqual(boundsOf([], { better: 'lower', from: 1, trials: 1 }), []);
});

it('takes points that lie further apart', () => {
  const courses: readonly Course[] = [
    [
      [2, 4],
      [4, 1],
    ],
    [
      [2, 6],
      [4, 3],
    ],
  ];
  assert.deepEqual(boundsOf(courses, { better: 'lower', from: 2, trials: 2 }), [false, 5, 5, 2]);
});

it('has no bound where half of the trials have no value yet, and none that JSON cannot hold', () => {
  const late: Course = [[3, 1]];
  const rule = { better: 'higher', from: 1, trials: 1 } as const;
  assert.deepEqual(boundsOf([late], rule), [false, false, 1]);
  assert.deepEqual(boundsOf([late, course(5, 6, 7)], rule), [false, false, 4]);
  const most = Number.MAX_VALUE;
  assert.deepEqual(boundsOf([course(most), course(most)], rule), [most]);
});

it('takes long courses of many trials', () => {
  const long = Array.from({ length: 200 }, () => course(...Array(2_000).keys()));
  const bounds = boundsOf(long, { better: 'higher', from: 1, trials: 1 });
  assert.deepEqual([bounds.length, bounds.at(-1)], [2_000, 1_999]);
});
