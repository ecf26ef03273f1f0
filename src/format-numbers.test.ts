import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decimalsOf,
  formatCountOf,
  formatCountRange,
  formatDecimal,
  formatEnds,
  formatEstimate,
  formatFew,
  formatLevel,
  formatList,
  formatMetric,
  formatP,
  formatRate,
  formatSeconds,
  formatShare,
  formatSigned,
  formatWholeSeconds,
  toDecimals,
  toDigits,
} from './format-numbers.ts';

test('shares are in per cent, counts have their noun', () => {
  assert.equal(formatShare(0.7453), '74.5 %');
  assert.equal(formatShare(0.5, 0), '50 %');
  assert.deepEqual(
    [formatCountOf(1, 'image'), formatCountOf(2700, 'image'), formatCountOf(2, 'class', 'classes')],
    ['1 image', '2,700 images', '2 classes'],
  );
});

test('every tie of three decimals goes up', () => {
  assert.equal((309 / 400).toFixed(3), '0.772'); // why toFixed does not serve
  for (let whole = 0; whole < 2000; whole += 1) {
    assert.equal(Number(toDecimals(Number(`${whole}.5e-3`), 3)), (whole + 1) / 1000);
  }
  assert.equal(formatShare(0.0725), '7.3 %'); // 100 * 0.0725 is 7.249999999999999
  assert.deepEqual(
    [toDigits(0.00077245, 4), toDigits(999.95, 4), toDigits(-1.25e-7, 2)],
    ['0.0007725', '1000', '-1.3e-7'],
  );
});

test('counts that differ are a range', () => {
  assert.equal(formatCountRange([2100, 899], 'image'), '899 to 2,100 images');
  assert.equal(formatCountRange([80, 80], 'image'), '80 images');
});

test('close numbers get enough decimals to be told apart', () => {
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

test('a level of confidence keeps its digits, since 99.5 % is not 100 %', () => {
  assert.equal(formatLevel(0.95), '95 %');
  assert.equal(formatLevel(0.995), '99.5 %');
});

test('a number stands with its interval, in per cent too, and a minus is never hidden by a dash', () => {
  assert.equal(formatEstimate({ estimate: 0.768, low: 0.742, high: 0.792 }), '0.768 (0.742–0.792)');
  assert.equal(
    formatEstimate({ estimate: 0.234, low: 0.209, high: 0.261 }, formatShare),
    '23.4 % (20.9–26.1 %)',
  );
  assert.equal(
    formatEstimate({ estimate: 0.01, low: -0.02, high: 0.04 }),
    '0.010 (−0.020 to 0.040)',
  );
  assert.equal(
    formatEstimate({ estimate: 0.01, low: -0.02, high: 0.04 }, formatSigned),
    '+0.010 (−0.020 to +0.040)',
  );
  assert.equal(formatEstimate({ estimate: 1, low: Number.NaN, high: Number.NaN }), '1.000');
  assert.equal(
    formatEnds({ low: 0.5, high: 0.75 }, (end) => formatDecimal(end, 2)),
    '0.50–0.75',
  );
});

test('a half rounds away from zero, however the number was computed', () => {
  const shares = [309 / 400, 1 - 91 / 400, 0.7 + 0.0725, 0.7725 - 1e-16];
  assert.deepEqual(
    shares.map((share) => formatDecimal(share)),
    ['0.773', '0.773', '0.773', '0.773'],
  );
  assert.deepEqual(
    [formatSigned(-309 / 400), formatShare(0.77225), formatMetric(0.001_25), formatDecimal(0.7724)],
    ['−0.773', '77.2 %', '0.0013', '0.772'],
  );
});

test('an undefined number is a dash', () => {
  assert.deepEqual(
    [formatDecimal(Number.NaN), formatP(Number.NaN), formatDecimal(-Infinity)],
    ['–', '–', '−∞'],
  );
  assert.deepEqual([formatP(0.0004), formatP(0.034)], ['< 0.001', '0.034']);
});

test('a metric has three decimals, or two digits where it is small', () => {
  assert.deepEqual(
    [12345, 0.98765, -0.5, 0.00123, 0].map((value) => formatMetric(value)),
    ['12,345', '0.988', '−0.500', '0.0012', '0'],
  );
  assert.equal(formatMetric(0.00123, 5), '0.00123');
});

test('a long list ends with the number of its other items', () => {
  assert.equal(formatFew(['a', 'b'], 2), 'a, b');
  assert.equal(formatFew(['a', 'b', 'c', 'd'], 2), 'a, b and 2 more');
});

test('durations are read at a glance', () => {
  const seconds = [0, 0.0561, 0.994, 0.996, 3.44, 9.96, 59.4, 59.6, 200, 3599.6, 7500];
  assert.deepEqual(seconds.map(formatSeconds), [
    '0.00 s',
    '0.06 s',
    '0.99 s',
    '1.0 s',
    '3.4 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '3 min 20 s',
    '1 h 0 min',
    '2 h 5 min',
  ]);
  assert.deepEqual([0, 3.4, 61].map(formatWholeSeconds), ['0 s', '3 s', '1 min 1 s']);
  assert.deepEqual(
    [0.314, 12.345, 1234.5].map((rate) => formatRate(rate, 'steps')),
    ['0.31 steps/s', '12.3 steps/s', '1,235 steps/s'],
  );
});
