import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasTimeFor } from './expected-duration.ts';

const hour = 3600;

test('a job takes a stage that may take half as long again as its last result did', () => {
  const left = (secondsLeft: number) => hasTimeFor(1000, { seconds: hour, secondsLeft });
  assert.equal(left(1500), true);
  assert.equal(left(1499), false);
});

test('a stage of unknown duration needs half of the time of a job', () => {
  const left = (secondsLeft: number) => hasTimeFor(undefined, { seconds: hour, secondsLeft });
  assert.equal(left(hour / 2), true);
  assert.equal(left(hour / 2 - 1), false);
});

test('a job that has just begun takes any stage, and an older one none that no job is long enough for', () => {
  const left = (secondsLeft: number) => hasTimeFor(2 * hour, { seconds: hour, secondsLeft });
  assert.equal(left(0.9 * hour), true);
  assert.equal(left(0.9 * hour - 1), false);
});
