import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changedLines, diffLines } from './line-differences.ts';

const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

test('each side of a difference is one of the texts, and the order is that of both', () => {
  fc.assert(
    fc.property(text, text, (first, second) => {
      const lines = diffLines(first, second);
      const of = (side: string) =>
        lines.filter((line) => line.side !== side).map(({ text }) => text);
      assert.deepEqual(of('+'), first);
      assert.deepEqual(of('-'), second);
    }),
  );
});

test('as many lines as possible are in both, and others than those around are left out', () => {
  const lines = diffLines([...'abc'], [...'acd']);
  assert.deepEqual(
    lines.map(({ side, text }) => side + text),
    [' a', '-b', ' c', '+d'],
  );
  const long = diffLines([...'xxxxxaxxxxx'], [...'xxxxxbxxxxx']);
  assert.deepEqual(
    changedLines(long, 1).map((line) => line && line.side + line.text),
    [null, ' x', '-a', '+b', ' x', null],
  );
});
