import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainText, plainTexts } from './plain-text.ts';

test('sequences for colours, titles, clipboard, bell and cursor are removed; tabs and line breaks stay', () => {
  for (const [text, plain] of [
    ['a\tb\nc', 'a\tb\nc'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b[2J\u001b[Hgone', 'gone'],
    ['\u001b]52;c;c3VkbyBybQ==\u0007clip', 'clip'],
    ['\u001b]0;a title: 100 %\u001b\\shell', 'shell'],
    ['\u009b2J\u009d52;c;eA==\u009cc1', 'c1'],
    ['\u001bP1$r\u001b\\dcs', 'dcs'],
    ['10 %\r20 %\r\ndone\u0007\b\u007f\0', '10 %\n20 %\ndone'],
    ['\u001b]never ends\nnext', 'never ends\nnext'],
  ] as const) {
    assert.equal(plainText(text), plain, JSON.stringify(text));
  }
});

test('no control character is left in any text, and a plain text stays as it is', () => {
  const piece = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    '\u009b',
    '\u009d',
    '5',
    ';',
    'm',
    '\u0007',
    '\\',
    '\r',
    '\n',
    'é',
    'a',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const plain = plainText(pieces.join(''));
      assert.doesNotMatch(plain, /[^\P{Cc}\t\n]/u);
      assert.equal(plainText(plain), plain);
    }),
  );
});

test('a text of nothing but openings takes time linear in its length', () => {
  assert.equal(plainText('\u001b]x'.repeat(100_000)).length, 100_000);
});

test('in a value every text becomes plain, keys too, and the rest stays as it is', () => {
  const value = { a: ['\u001b[1mb', 1, null, true], '\u0007c': { d: undefined } };
  assert.deepEqual(plainTexts(value), { a: ['b', 1, null, true], c: { d: undefined } });
});
