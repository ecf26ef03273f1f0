import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedCalibrationError } from './expected-calibration-error.ts';

test('the example of the docstring', () => {
  const error = expectedCalibrationError([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], { bins: 2 });
  assert.equal(error.toFixed(6), '0.087500');
});

test('of no items there is none', () => {
  assert.equal(expectedCalibrationError([], []), Number.NaN);
});
