import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classText, scoreText } from './score-text.ts';

test('every kind says in the same words which score is explained', () => {
  assert.equal(scoreText('score', classText('label')), 'the score of its own class');
  assert.equal(scoreText('score', classText('fake')), 'the score of the class fake');
  assert.equal(
    scoreText('margin', classText('predicted')),
    'the score of the class it is called less that of the other',
  );
});
