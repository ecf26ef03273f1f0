import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../random.ts';
import { signFlipTest } from './sign-flip-test.ts';

const options = { draws: 2000, seed: 1 };

test('for three differences of one sign, two of eight assignments of signs are as far from 0', () => {
  assert.equal(signFlipTest([1, 2, 3], options), 0.25);
  assert.equal(signFlipTest([-1, -2, -3], options), 0.25);
  assert.equal(signFlipTest([1, -1], options), 1);
  assert.equal(signFlipTest([0, 0], options), 1);
  assert.equal(signFlipTest([0.1, 0.2, Number.NaN, 0.3], options), 0.25);
  assert.equal(signFlipTest([Number.NaN], options), Number.NaN);
});

test('differences of one group keep one sign', () => {
  assert.equal(signFlipTest([1, 2, 3, 4], options), 0.125);
  assert.equal(signFlipTest([1, 2, 3, 4], { ...options, groups: ['a', 'a', 'a', undefined] }), 0.5);
});

test('for many differences signs are drawn, with about the same p', () => {
  const random = new Random('many');
  const ten = Array.from({ length: 10 }, () => random.normal() + 0.4);
  const all = signFlipTest(ten, options);
  const drawn = signFlipTest(ten, { draws: 1000, seed: 1 });
  assert.ok(Math.abs(all - drawn) < 0.04, `${all}, ${drawn}`);
  assert.equal(signFlipTest(Array(40).fill(1), { draws: 999, seed: 1 }), 1 / 1000);
});

test('without a difference it gives a false alarm as rarely as it says', () => {
  const random = new Random('nothing');
  const alarms = Array.from({ length: 400 }, () =>
    signFlipTest(
      Array.from({ length: 7 }, () => random.normal()),
      options,
    ),
  ).filter((p) => p < 0.05).length;
  assert.ok(alarms > 5 && alarms < 35, `${alarms} of 400`);
});
