import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completenessGap, gapWarning } from './completeness-gap.ts';

test('a gap is a share of the rise, whatever the signs, and is told above a twentieth', () => {
  assert.deepEqual(completenessGap({ rises: Float64Array.of(2, -2), gaps: Float64Array.of(-0.25, 0.75) }), {
    meanRise: 2,
    meanGap: 0.5,
    relativeGap: 0.25,
  });
  assert.equal(gapWarning(0.05, 50), undefined);
  assert.equal(gapWarning(Number.NaN, 50), undefined);
  assert.equal(
    gapWarning(0.25, 50),
    'Attributions miss the rise of the scores that they should sum to by 25.0 %, in the mean: give integrated-gradients more steps than 50.',
  );
});
