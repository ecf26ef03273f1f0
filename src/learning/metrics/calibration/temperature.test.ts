import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crossEntropy } from './cross-entropy.ts';
import { fitTemperature } from './temperature.ts';

test('the example of the docstring', () => {
  assert.ok(Math.abs(fitTemperature([0, 0, 1, 1], [-1, 1, 1, 1]) - 1 / Math.log(3)) < 1e-14);
});

test('surer is always better, or never', () => {
  assert.equal(fitTemperature([0, 1], [-1, 2]), 0);
  assert.equal(fitTemperature([0, 1], [1, -2]), Infinity);
  assert.equal(fitTemperature([0, 1], [3, 3]), Infinity);
  assert.equal(fitTemperature([], []), Number.NaN);
});

test('no other temperature has a lower loss, however large or small the logits', () => {
  const item = fc.record({ label: fc.constantFrom(0, 1), difference: fc.integer({ min: -50, max: 50 }) });
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 12 }), fc.integer({ min: -8, max: 8 }), (items, power) => {
      const labels = items.map(({ label }) => label);
      const differences = items.map(({ difference }) => difference * 10 ** power);
      const loss = (temperature: number) =>
        crossEntropy(
          labels,
          differences.flatMap((difference) => [0, difference / temperature]),
        );
      const best = fitTemperature(labels, differences);
      if (!Number.isFinite(best) || best === 0) return;
      for (const factor of [0.5, 0.99, 1.01, 2]) assert.ok(loss(best) <= loss(best * factor) + 1e-12);
    }),
  );
});
