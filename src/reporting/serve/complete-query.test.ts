import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { completed, completeQuery } from './complete-query.ts';
import type { Column } from './filter-query.ts';

const columns: readonly Column[] = [
  { name: 'state', values: ['failed', 'succeeded', 'failed'] },
  { name: 'fit.seed', values: [7, 8, [7, 9]] },
  { name: 'scores.seed', values: [7, 7, 7] },
  { name: 'tags', values: [['to repeat', 'good'], null, null] },
];
const optionsAt = (text: string) => completeQuery(columns, text, text.length).options;

test('the beginning of a name is completed, without its stage first', () => {
  assert.deepEqual(optionsAt('se'), ['seed']);
  assert.deepEqual(optionsAt('s'), ['seed', 'state', 'scores.seed']);
  assert.deepEqual(optionsAt('state=failed (FIT'), ['fit.seed']);
  assert.deepEqual(optionsAt('-ta'), ['tags']);
  assert.deepEqual(optionsAt(''), []);
});

test('after an operator stand the values of the column, in quotes where they need them', () => {
  assert.deepEqual(optionsAt('state='), ['failed', 'succeeded']);
  assert.deepEqual(optionsAt('state!=s'), ['succeeded']);
  assert.deepEqual(optionsAt('a or seed='), ['7', '8', '9']);
  assert.deepEqual(optionsAt('tags='), ['"to repeat"', 'good']);
  assert.deepEqual(optionsAt('tags="to'), ['"to repeat"']);
  assert.deepEqual(optionsAt('unknown='), []);
});

test('an option replaces what was typed of it, wherever the cursor stands', () => {
  const text = 'state=fa or seed=7';
  const completion = completeQuery(columns, text, 8);
  assert.deepEqual(completed(text, completion, completion.options[0]!), {
    text: 'state=failed or seed=7',
    place: 12,
  });
});

test('any text has completions at any place', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(20), (text, place) => {
      completeQuery(columns, text, Math.min(place, text.length));
    }),
  );
});
