import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countImages, majorityWords } from './splits.ts';

test('the accuracy of the majority class is one number if splits agree, otherwise one for each', () => {
  const even = countImages([0, 1, 1, 0], ['real', 'fake']);
  assert.deepEqual(even, { real: 2, fake: 2 });
  assert.equal(majorityWords({ train: even, val: { real: 30, fake: 30 } }), '50.0 %');
  assert.equal(
    majorityWords({ train: even, test: { real: 20, fake: 10 } }),
    'train 50.0 %, test 66.7 %',
  );
});
