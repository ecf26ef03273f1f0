import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Cell, Column } from './filter-query.ts';
import type { RunTable } from './run-index.ts';
import { changedTable, SentTables, tableChanges } from './table-changes.ts';

const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 2 }),
  fc.constantFrom('adam', 'sgd'),
  fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 2 }),
);

/** Tables of a few runs, in any order. */
const table: fc.Arbitrary<RunTable> = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'))
  .chain((ids) => {
    const perRow = <T>(value: fc.Arbitrary<T>) =>
      fc.array(value, { minLength: ids.length, maxLength: ids.length });
    const ends = perRow(fc.constantFrom(null, [1, 2]));
    const column = fc.record({ values: perRow(cell), ends }, { noNullPrototype: true });
    const fields = {
      ids: fc.constant(ids),
      runs: fc.constant(ids),
      members: perRow(fc.integer({ min: 1, max: 3 })),
      labels: perRow(fc.constantFrom(null, 'seed=7')),
      noted: perRow(fc.constant(null)),
      columns: fc
        .dictionary(fc.constantFrom('seed', 'rate', 'auc'), column)
        .map((columns) =>
          Object.entries(columns).map(
            ([name, { values, ends }]) =>
              (name === 'auc' ? { name, of: 'number', values, ends } : { name, values }) as Column,
          ),
        ),
      kinds: fc.constant({ fit: 'train' }),
      shown: fc.constantFrom(['seed'], ['rate', 'auc']),
      unread: fc.integer({ min: 0, max: 3 }),
    };
    return fc.record(fields, { noNullPrototype: true });
  });

test('the changes from one table to another make the other of it', () => {
  fc.assert(
    fc.property(table, table, (before, after) => {
      const sent = JSON.parse(JSON.stringify(tableChanges(before, after)));
      assert.deepEqual(changedTable(before, sent), after);
    }),
  );
});

test('one more run among 1,000 is sent in a hundredth of the table', () => {
  const tableOf = (count: number): RunTable => {
    const ids = Array.from({ length: count }, (_, i) => `run-${count - i}`);
    const columns = Array.from({ length: 40 }, (_, c): Column => {
      return { name: `column-${c}`, values: ids.map((id) => `${id} ${c}`) };
    });
    const all = { members: ids.map(() => 1), labels: ids.map(() => null) };
    return { ids, runs: ids, ...all, noted: all.labels, columns, kinds: {}, shown: [], unread: 0 };
  };
  const before = tableOf(1000);
  const after = tableOf(1001);
  const sizeOf = (value: unknown) => JSON.stringify(value).length;
  const changes = tableChanges(before, after);
  assert.deepEqual(changes.rows, [
    [-1, 1],
    [0, 1000],
  ]);
  assert.ok(sizeOf(changes) < sizeOf(after) / 100, `${sizeOf(changes)} of ${sizeOf(after)}`);

  const sent = new SentTables();
  const first = sent.answer(before, '');
  assert.ok('columns' in first);
  assert.ok('changes' in sent.answer(after, first.version));
  assert.ok('columns' in sent.answer(after, 'of-another-server'));
});
