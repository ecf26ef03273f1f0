import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brightenMap, classText, scoreText } from './map-pictures.ts';

test('every kind says in the same words which score is explained', () => {
  assert.equal(
    scoreText('score', classText('label'), ['real', 'fake']),
    'the score of its own class',
  );
  assert.equal(
    scoreText('score', classText('fake'), ['real', 'fake']),
    'the score of the class fake',
  );
  assert.equal(
    scoreText('margin', classText('predicted'), ['real', 'fake']),
    'the score of the predicted class minus that of the other',
  );
});

test('a map is brightened up to its most salient 1 %, and one of zeros stays so', () => {
  const values = Float32Array.from({ length: 200 }, (_, i) => i);
  const bright = brightenMap({ height: 10, width: 20, values }).values;
  assert.deepEqual([bright[0], bright[99], bright[198], bright[199]], [0, 0.5, 1, 1]);
  assert.deepEqual(
    brightenMap({ height: 1, width: 3, values: Float32Array.of(0, 0, 0) }).values,
    new Float32Array(3),
  );
});
