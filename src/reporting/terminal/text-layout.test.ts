import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { plainText } from '../../plain-text.ts';
import { clip, formatTable } from './text-layout.ts';

test('tables align numbers to the right, other cells to the left', () => {
  assert.deepEqual(
    formatTable(
      ['split', 'accuracy', 'note'],
      [
        ['train', 0.9, 'x'],
        ['東京', '12.25 %', ''],
      ],
    ),
    ['split  accuracy  note', 'train       0.9  x', '東京    12.25 %'],
  );
  assert.deepEqual(formatTable(['only', 'header'], []), ['only  header']);
});

test('a text is clipped to its columns, whatever its characters', () => {
  assert.equal(clip('abcdef', 4), 'abc…');
  assert.equal(clip('abcd', 4), 'abcd');
  assert.equal(clip('東京都', 4), '東…');
  assert.equal(clip('abc', 0), '');
  assert.equal(clip('\u001b[31mred\u001b[39m!', 3), '\u001b[31mre\u001b[39m…');
  assert.equal(clip('e\u0301✓🙂👩‍🔬', 6), 'e\u0301✓🙂👩‍🔬');
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.nat(20),
      (text, columns) => stringWidth(clip(plainText(text), columns)) <= columns,
    ),
  );
});
