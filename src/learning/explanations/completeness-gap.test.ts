import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completenessGap, gapWarning } from './completeness-gap.ts';

test('the example of the docstring', () => {
  const sums = { rises: Float64Array.of(2, -2), gaps: Float64Array.of(0.1, -0.3) };
  assert.equal(completenessGap(sums).relativeGap, 0.1);
});

test('a gap is a share of the rise, whatever the signs, and the user is warned above a twentieth', () => {
  assert.deepEqual(
    completenessGap({ rises: Float64Array.of(2, -2), gaps: Float64Array.of(-0.25, 0.75) }),
    {
      meanRise: 2,
      meanGap: 0.5,
      relativeGap: 0.25,
    },
  );
  assert.equal(gapWarning(0.05, 50), undefined);
  assert.equal(gapWarning(Number.NaN, 50), undefined);
  assert.equal(
    gapWarning(0.25, 50),
    'The attributions of integrated-gradients miss 25.0 % of the rise of the scores that they should sum to, on average. Set "steps" above 50.',
  );
});
