import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ScoreRow } from './scores-file.ts';
import { formatScores, parseScores } from './scores-file.ts';

const rows: readonly ScoreRow[] = [
  { key: 'real/a.jpg', split: 'val', label: 0, real: 0.1 + 0.2, fake: Math.fround(-1e-7) },
  { key: 'fake/a "b", c\nd.jpg', split: 'test', label: 1, real: -0, fake: 3 },
];

test('scores read back as they were written, to the last bit', () => {
  const text = formatScores(rows);

  assert.equal(text.split('\n')[0], 'key,split,label,real,fake');
  assert.deepEqual(parseScores(text), { ok: true, value: [rows[0], { ...rows[1], real: 0 }] });
});

test('anyone’s scores fit: columns in any order, more of them, Windows line ends, a byte order mark', () => {
  const text = '\uFEFFsplit,key,fake,real,label,age\r\ntest,a.png,1.5,-2e-3,1,40\r\n\r\n';

  assert.deepEqual(parseScores(text), {
    ok: true,
    value: [{ key: 'a.png', split: 'test', label: 1, real: -0.002, fake: 1.5 }],
  });
});

test('labels may be floats, as pandas writes them', () => {
  const text = 'key,split,label,real,fake\na,test,0.0,0,1\nb,test,1.0,0,1\n';
  const parsed = parseScores(text);

  assert.deepEqual(parsed.ok && parsed.value.map(({ label }) => label), [0, 1]);
});

test('source and group are columns where some row has them, and absent from a row where they are empty', () => {
  const known: readonly ScoreRow[] = [
    { ...rows[0]!, source: 'camera, old' },
    { ...rows[1]!, real: 0, group: 'film 7' },
  ];
  const text = formatScores(known);

  assert.equal(text.split('\n')[1], `real/a.jpg,val,0,${0.1 + 0.2},${Math.fround(-1e-7)},"camera, old",`);
  assert.deepEqual(parseScores(text), { ok: true, value: known });
  assert.equal(formatScores(known.slice(1)).split('\n')[0], 'key,split,label,real,fake,group');
});

test('a wrong file is told by its line, what was expected and what was got', () => {
  const header = 'key,split,label,real,fake\n';
  const errors = [
    'a,b',
    `${header}a,test,0,1`,
    `${header}a,test,real,0,1`,
    'key,split,label,real,fake,group\na,test,0,1,2',
    `${header}a,test,0,1,2\na,val,0,1,2\na,test,0,2,1`,
    `${header}"a\nb",test,0,0,1\nc,test,1,nan,1`,
    '',
    'key;split;label;real;fake\na;test;0;1;2',
  ].map((text) => parseScores(text));

  assert.deepEqual(
    errors.map((result) => (result.ok ? '' : result.error)),
    [
      'Expected the columns key, split, label, real, fake in line 1, got "a,b": no key, split, label, real, fake',
      'Line 2: expected as many fields as in the header, got fewer',
      'Line 2: expected the label 0 (real) or 1 (fake), got "real"',
      'Line 2: expected as many fields as in the header, got fewer',
      'Line 4: expected every image once, got "a" of test again',
      'Line 4: expected a finite number as the real score, got "nan"',
      'Expected the columns key, split, label, real, fake in line 1, got an empty file',
      'Expected the columns key, split, label, real, fake in line 1, got "key;split;label;real;fake": its columns have semicolons between them',
    ],
  );
});
