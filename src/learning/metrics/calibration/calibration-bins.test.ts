import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationBins, expectedCalibrationError } from './calibration-bins.ts';

test('the example of the docstring', () => {
  const bins = calibrationBins([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], { bins: 2 });
  assert.deepEqual(
    bins.map(({ meanProbability, ...bin }) => ({ ...bin, said: meanProbability.toFixed(4) })),
    [
      { low: 0, high: 0.5, items: 3, said: '0.2833', positiveShare: 1 / 3 },
      { low: 0.5, high: 1, items: 1, said: '0.8000', positiveShare: 1 },
    ],
  );
});

test('an edge belongs to the bin below it, and 0 to the first', () => {
  const bins = calibrationBins([0, 1, 1], [0, 0.5, 1], { bins: 2 });
  assert.deepEqual(
    bins.map(({ items }) => items),
    [2, 1],
  );
});

test('a value that is no probability is refused', () => {
  assert.throws(
    () => calibrationBins([1], [1.5]),
    new RangeError('Expected a probability from 0 to 1, got 1.5 at index 0'),
  );
});

test('the example of the expected calibration error; for no items it is undefined', () => {
  const error = expectedCalibrationError([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], { bins: 2 });
  assert.equal(error.toFixed(6), '0.087500');
  assert.equal(expectedCalibrationError([], []), Number.NaN);
});
