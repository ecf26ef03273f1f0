import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { asType } from '../../../test/support/partial-value.ts';
import { createPaint } from './colour.ts';
import { guardStream, terminalText, writeRaw } from './terminal-text.ts';

test('sequences of 7 and 8 bits and turned text are removed; other scripts, line breaks and our styles stay', () => {
  const paint = createPaint(true);
  for (const [text, printed] of [
    ['\u009b2J\u009b31mred', 'red'],
    ['a \u202efdp.exe\u202c b', 'a fdp.exe b'],
    ['\u2066x\u2069 \u200ey\u200f \u061cz', 'x y z'],
    ['שלום עולם, مرحبا بالعالم', 'שלום עולם, مرحبا بالعالم'],
    ['👩\u200d🔬 done\n', '👩\u200d🔬 done\n'],
    ['90 %\r100 %', '90 %\n100 %'],
    ['\u001b[8mhidden\u001b[28m', 'hidden'],
    ['\u001b]0;title\u0007\u001b[1;31mboth\u001b[0m', 'both\u001b[0m'],
  ] as const) {
    assert.equal(terminalText(text, true), printed, JSON.stringify(text));
  }
  const styled = `${paint.red('red')} ${paint.bold(paint.dim('both'))} ${paint.cyan('cyan')}`;
  assert.equal(terminalText(styled, true), styled);
  assert.equal(terminalText(styled, false), 'red both cyan');
});

test('whatever is written to a guarded stream, a terminal obeys nothing but styles', async () => {
  const piece = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    '\u009b',
    '\u009d',
    '3',
    '8',
    ';',
    'm',
    '\u0007',
    '\r',
    '\u202e',
    'é',
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 20 }), fc.boolean(), async (pieces, coloured) => {
      const pipe = new PassThrough();
      const stream = asType<NodeJS.WriteStream>(pipe);
      guardStream(stream, coloured);
      stream.write(pieces.join(''));
      stream.write(Buffer.from(pieces.join('')));
      stream.end();
      let written = '';
      for await (const chunk of pipe) written += chunk;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a style begins with one
      const text = coloured ? written.replace(/\u001b\[\d+m/g, '') : written;
      assert.equal(/[^\P{Cc}\t\n]|\p{Bidi_Control}/u.test(text), false, JSON.stringify(written));
    }),
  );
});

test('codes of our own pass through', async () => {
  const pipe = new PassThrough();
  const stream = asType<NodeJS.WriteStream>(pipe);
  guardStream(stream, false);
  writeRaw(stream, '\r\u001b[K');
  assert.equal(String(pipe.read()), '\r\u001b[K');
});
