import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textWidth } from './fonts.ts';
import { wrapText } from './wrap-text.ts';

const size = 10;
const wide = (text: string) => textWidth(text, size);

test('a text breaks between words, and one that fits stays whole', () => {
  assert.deepEqual(wrapText('a short title', 1000, { size }), ['a short title']);
  assert.deepEqual(wrapText('one two three', wide('one two'), { size }), ['one two', 'three']);
});

test('a word that is too wide alone is broken, and a text of too many lines is cut', () => {
  assert.deepEqual(wrapText('abcdef', wide('abc'), { size }), ['abc', 'def']);
  assert.deepEqual(wrapText('aa-bcd', wide('aa-bc'), { size }), ['aa-', 'bcd']);
  assert.deepEqual(wrapText('-A=_=a', wide('-A=_='), { size }), ['-', 'A=_=', 'a']);
  assert.deepEqual(wrapText('aa bb cc dd ee', wide('bb…'), { size, most: 2 }), ['aa', 'bb…']);
});

test('no line is wider than the width, and a text that is not cut is complete', () => {
  const text = fc.stringMatching(/^[a-zA-Z=_ -]{0,80}$/);
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 30, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      (text, width, most) => {
        const lines = wrapText(text, width, { size, most });
        assert.ok(lines.length <= most && lines.every((line) => wide(line) <= width));
        if (!lines.at(-1)!.endsWith('…'))
          assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
      },
    ),
  );
});
