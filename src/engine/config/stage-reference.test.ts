import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggestStage } from './stage-reference.ts';

const names = [
  'fit[net=x,seed=1]',
  'fit[net=x,seed=2]',
  'fit[net=y,seed=1]',
  'roc',
  'made/scores[net=x]',
];

test('a hint names another stage, axis or value, but never suggests another seed', () => {
  const hint = (word: string) => suggestStage(word, names);
  assert.equal(hint('fitt'), 'Did you mean "fit"?');
  assert.equal(hint('fti@seed=2'), 'Did you mean "fit"?');
  assert.equal(hint('fit@seed=12,net=x'), 'Its axis "seed" has no value "12". There are 1, 2.');
  assert.equal(
    hint('fit@sed=2'),
    'It has no axis "sed". Did you mean "seed"? There are net, seed.',
  );
  assert.equal(hint('fit@net=z,seed=1'), 'Its axis "net" has no value "z". There are x, y.');
  assert.equal(
    hint('fit@net=y,seed=2'),
    'There are fit[net=x,seed=1], fit[net=x,seed=2], fit[net=y,seed=1].',
  );
  assert.equal(hint('roc@seed=1'), 'It has no axes: write "roc".');
  assert.equal(hint('fit.model'), 'Known: fit, roc, made/scores.');
});

test('the stage of an included pipeline with that name is suggested before a similar name', () => {
  const hint = (word: string) =>
    suggestStage(word, [
      'score',
      'made/scores[net=x]',
      'a/fit',
      'b/fit',
      'c/in/fit',
      'd/fit',
      'e/fit',
    ]);
  assert.equal(hint('scores@net=x'), 'Did you mean "made/scores"?');
  assert.equal(hint('in/fit'), 'Did you mean "c/in/fit"?');
  assert.equal(
    hint('fit@net=own'),
    'Did you mean one of a/fit, b/fit, c/in/fit, d/fit and 1 more?',
  );
});
