import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimalsOf, formatCountOf, formatCountRange, formatLevel, formatList, formatShare } from './format-number.ts';

test('shares are in per cent, counts have their noun', () => {
  assert.equal(formatShare(0.7453), '74.5 %');
  assert.equal(formatShare(0.5, 0), '50 %');
  assert.deepEqual(
    [formatCountOf(1, 'image'), formatCountOf(2700, 'image'), formatCountOf(2, 'class', 'classes')],
    ['1 image', '2,700 images', '2 classes'],
  );
});

test('counts that differ are a range', () => {
  assert.equal(formatCountRange([2100, 899], 'image'), '899 to 2,100 images');
  assert.equal(formatCountRange([80, 80], 'image'), '80 images');
});

test('numbers that lie close have more decimals, so that they are told apart', () => {
  assert.equal(decimalsOf([0.2, 0.9]), 3);
  assert.equal(decimalsOf([0.5041, 0.5049]), 5);
  assert.equal(decimalsOf([0.5, 0.5]), 3);
  assert.equal(decimalsOf([0.5, 0.500002]), 6);
});

test('a list is joined as in a sentence', () => {
  assert.deepEqual(
    [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((texts) => formatList(texts)),
    ['', 'a', 'a and b', 'a, b and c'],
  );
});

test('a confidence keeps its digits, since 99.5 % is not 100 %', () => {
  assert.equal(formatLevel(0.95), '95 %');
  assert.equal(formatLevel(0.995), '99.5 %');
});
