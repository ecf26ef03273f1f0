import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  askedOf,
  type Column,
  columnsOf,
  filterRows,
  joinNames,
  sortRows,
  withCondition,
} from './filter-query.ts';
import { parseQuery } from './parse-query.ts';

const columns: readonly Column[] = [
  { name: 'run', values: ['a', 'b', 'c', 'd'] },
  { name: 'fit.seed', values: [7, 8, [7, 9], null] },
  { name: 'scores.test.auc', values: [0.7, 0.9, 0.8, null] },
  { name: 'note', values: ['two words', 'plain', null, 'Two'] },
];
const idsFor = (query: string) =>
  filterRows(columns, 4, query)
    .rows.map((row) => 'abcd'[row])
    .join('');

test('a query holds where all of its conditions do; a name without its stage means any stage', () => {
  assert.equal(idsFor(''), 'abcd');
  assert.equal(idsFor('seed=7'), 'ac');
  assert.equal(idsFor('seed=7 test.auc>0.75'), 'c');
  assert.equal(idsFor('scores.test.auc >= 0.8'), 'bc');
  assert.equal(idsFor('seed!=7'), 'bc');
  assert.equal(idsFor('two'), 'ad');
  assert.equal(idsFor('note="two words"'), 'a');
  assert.equal(idsFor('"two words"'), 'a');
});

test('or, not and brackets combine conditions; a minus before a word is a not', () => {
  assert.equal(idsFor('seed=7 or seed=8'), 'abc');
  assert.equal(
    idsFor('seed=7 test.auc>0.75 OR plain'),
    'bc',
    'or binds less than what stands together',
  );
  assert.equal(idsFor('(seed=7 or plain) test.auc>0.75'), 'bc');
  assert.equal(idsFor('not seed=7'), 'bd', 'a row without a seed has no seed 7');
  assert.equal(idsFor('not (seed=7 or two)'), 'b');
  assert.equal(idsFor('-two'), 'bc');
  assert.equal(idsFor('seed=7 and not two'), 'c');
  assert.equal(idsFor('not not two'), 'ad');
  assert.equal(idsFor('"or"'), 'a', 'in quotes it is a word to search, as in "words"');
  assert.equal(idsFor('note="two words" or (run=b and (seed=8))'), 'ab');
});

test('what is missing in a query that somebody is typing is left out, and named', () => {
  const problemOf = (query: string) => filterRows(columns, 4, query).problem;
  assert.deepEqual(
    ['seed=7 or', 'or seed=7', 'not', '(seed=7', 'seed=7)', '()', 'seed=7 -(', 'seed=7'].map(
      problemOf,
    ),
    [
      'Something must stand on both sides of or.',
      '',
      'Something must follow not.',
      'A ( is not closed.',
      'A ) has no ( before it.',
      '',
      'A ( is not closed.',
      '',
    ],
  );
  for (const query of ['seed=7 or', '(seed=7', 'seed=7)', 'seed=7 ()', 'seed=7 not'])
    assert.equal(idsFor(query), 'ac', query);
});

test('a name without its stage means the stages in which its value differs, if there are any', () => {
  const seeds: readonly Column[] = [
    { name: 'fit.seed', values: [7, 8, null] },
    { name: 'scores.seed', values: [7, 7, 7] },
    { name: 'scores.epochs', values: [5, 5, null] },
  ];
  const rowsOf = (query: string) => filterRows(seeds, 3, query).rows;
  assert.deepEqual(
    [rowsOf('seed=7'), rowsOf('seed!=7'), rowsOf('scores.seed=7')],
    [[0], [1], [0, 1, 2]],
  );
  assert.deepEqual(rowsOf('epochs=5'), [0, 1]);
});

test('a name that is no column is reported, and nothing is found', () => {
  assert.deepEqual(filterRows(columns, 4, 'sead=7 run=a'), {
    rows: [],
    unknown: ['sead'],
    problem: '',
  });
});

test('rows are sorted by numbers as numbers, and those without a value come last either way', () => {
  assert.deepEqual(sortRows([0, 1, 2, 3], columns, 'scores.test.auc'), [0, 2, 1, 3]);
  assert.deepEqual(sortRows([0, 1, 2, 3], columns, '-scores.test.auc'), [1, 2, 0, 3]);
  assert.deepEqual(sortRows([3, 0], columns, 'nothing'), [3, 0]);
});

test('a choice replaces the conditions on its column, and an empty one removes them', () => {
  assert.equal(
    withCondition('a=1 class=real word', 'class', 'two words'),
    'a=1 word class="two words"',
  );
  assert.equal(withCondition('score>=0.1 score<0.2 a=1', 'score', ''), 'a=1');
  assert.equal(askedOf('a=1 class="two words"', 'class'), 'two words');
  assert.equal(withCondition('a=1 or class=real', 'class', 'x'), '(a=1 or class=real) class=x');
  assert.equal(withCondition('(a or b) class=real', 'class', ''), '(a or b)');
  assert.equal(withCondition('not class=real', 'class', 'x'), 'not class=real class=x');
});

test('a name and a value of any characters, in quotes, are a condition that finds them', () => {
  assert.equal(withCondition('', 'slice.my camera', 'a"b'), '"slice.my camera"="a""b"');
  const text = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab"= <>!()-\n') });
  fc.assert(
    fc.property(text, text, text, (name, value, other) => {
      const query = withCondition('word', name, value);
      assert.equal(askedOf(query, name), value);
      const column = { name, values: [value, `${value}x`] };
      assert.deepEqual(filterRows([column], 2, withCondition('', name, value)).rows, [0]);
      assert.equal(askedOf(withCondition(query, name, other), name), other);
      assert.equal(withCondition(query, name, ''), 'word');
    }),
  );
});

test('an address names columns of any name; where none is there, the usual ones are shown', () => {
  const odd = { name: 'my metric, 50 %', values: [1, 2, 3, 4] };
  const table = { columns: [...columns, odd], shown: ['run'] };
  const names = (text: string) => columnsOf(table, text).map(({ name }) => name);
  assert.deepEqual(names(joinNames(['note', odd.name])), ['note', odd.name]);
  assert.deepEqual(names('note gone %'), ['note']);
  assert.deepEqual(names('gone'), ['run']);
  assert.deepEqual(names(''), ['run']);
});

test('any text is a query', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseQuery(text);
      filterRows(columns, 4, text);
    }),
  );
});
