import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { shellQuote } from './shell-quote.ts';

const echoed = (words: readonly string[]) => {
  const command = `printf '%s\\0' ${words.map(shellQuote).join(' ')}`;
  const { stdout, status } = spawnSync('sh', ['-e', '-c', command], { encoding: 'utf8' });
  assert.equal(status, 0);
  return stdout.split('\0').slice(0, -1);
};

test('a plain word stays as it is written', () => {
  assert.equal(shellQuote('data/faces-1.0/train:0001.jpg'), 'data/faces-1.0/train:0001.jpg');
  assert.equal(shellQuote('1e-3'), '1e-3');
});

test('spaces, quotes, variables, patterns, line ends and the empty text become one word', () => {
  assert.equal(shellQuote(''), "''");
  assert.equal(shellQuote("it's $HOME"), "'it'\\''s $HOME'");
  const words = [
    '',
    'a b',
    "it's",
    '$HOME',
    '`id`',
    '*',
    '~',
    'x=1',
    '"',
    '\\',
    'a\nb',
    '-n',
    '#',
    '日本',
    '!',
    '${inputs.x}',
  ];
  assert.deepEqual(echoed(words), words);
});

test('a quoted word holds no placeholder that a later replacement could find', () => {
  assert.equal(shellQuote('${inputs.x}'), "'$''{inputs.x}'");
});

test('sh reads back any words exactly', () => {
  const text = fc
    .string({ unit: 'binary-ascii', maxLength: 12 })
    .map((value) => value.replaceAll('\0', ''));
  const words = fc.sample(fc.array(text, { minLength: 20, maxLength: 20 }), {
    numRuns: 10,
    seed: 1,
  });
  for (const sample of words) assert.deepEqual(echoed(sample), sample);
});
