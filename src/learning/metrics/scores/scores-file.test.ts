import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatScores, parseScores, type ScoreTable } from './scores-file.ts';

const pair = { classes: ['real', 'fake'], names: ['real', 'fake'] };
const table: ScoreTable = {
  ...pair,
  rows: [
    { key: 'real/a.jpg', split: 'val', label: 0, scores: [0.1 + 0.2, Math.fround(-1e-7)] },
    { key: 'fake/a "b", c\nd.jpg', split: 'test', label: 1, scores: [-0, 3] },
  ],
};

test('scores read back as they were written, to the last bit', () => {
  const text = formatScores(table);

  assert.equal(text.split('\n')[0], 'key,split,label,score.real,score.fake');
  const [first, second] = table.rows;
  assert.deepEqual(parseScores(text), {
    ok: true,
    value: { ...pair, rows: [first, { ...second, scores: [0, 3] }] },
  });
});

test('anyone’s scores of real and fake fit: columns in any order, more of them, Windows line ends, a byte order mark', () => {
  const text = '\uFEFFsplit,key,fake,real,label,age\r\ntest,a.png,1.5,-2e-3,1,40\r\n\r\n';

  const rows = [{ key: 'a.png', split: 'test', label: 1, scores: [-0.002, 1.5] }];
  assert.deepEqual(parseScores(text), { ok: true, value: { ...pair, rows } });
});

test('labels may be floats, as pandas writes them', () => {
  const text = 'key,split,label,real,fake\na,test,0.0,0,1\nb,test,1.0,0,1\n';
  const parsed = parseScores(text);

  assert.deepEqual(parsed.ok && parsed.value.rows.map(({ label }) => label), [0, 1]);
});

test('optional facts have columns if some row has them, and are absent from a row whose field is empty', () => {
  const known: ScoreTable = {
    classes: ['cat', 'dog', 'owl'],
    names: ['cat', 'dog', 'owl', 'newt'],
    scale: 'probabilities',
    rows: [
      {
        key: 'a',
        split: 'test',
        label: 2,
        scores: [0.5, 0.25, 0.25],
        source: 'camera, old',
        slices: { age: '3' },
      },
      { key: 'b', split: 'test', label: 3, scores: [1, 0, 0], class: 'amphibian', group: 'film 7' },
    ],
  };
  const text = formatScores(known);

  assert.deepEqual(text.split('\n'), [
    'key,split,label,probability.cat,probability.dog,probability.owl,class,source,group,slice.age',
    'a,test,owl,0.5,0.25,0.25,,"camera, old",,3',
    'b,test,newt,1,0,0,amphibian,,film 7,',
    '',
  ]);
  assert.deepEqual(parseScores(text), { ok: true, value: known });
});

test('labels are the positions of classes where no line has the name of a class', () => {
  const labelsOf = (...labels: readonly string[]) => {
    const lines = labels.map((label, index) => `${index},test,${label},1,2`);
    const result = parseScores(['key,split,label,logit.cat,logit.dog', ...lines, ''].join('\n'));
    assert.ok(result.ok);
    return result.value.rows.map((row) => result.value.names[row.label]);
  };

  assert.deepEqual(labelsOf('1', '0', '1.0'), ['dog', 'cat', 'dog']);
  // A name says that all of them are names, and so does a number that is no position.
  assert.deepEqual(labelsOf('1', 'cat'), ['1', 'cat']);
  assert.deepEqual(labelsOf('1', '2'), ['1', '2']);
});

test('a mistake in a file is reported with its line, what was expected and what was found', () => {
  const header = 'key,split,label,real,fake\n';
  const errors = [
    'a,b',
    `${header}a,test,0,1`,
    `${header}a,test,unreal,0,1`,
    'key,split,label,real,fake,group\na,test,0,1,2',
    `${header}a,test,0,1,2\na,val,0,1,2\na,test,0,2,1`,
    `${header}"a\nb",test,0,0,1\nc,test,1,nan,1`,
    '',
    'key;split;label;real;fake\na;test;0;1;2',
    'key,split,label,score.a\n',
    'key,split,label,score.a,logit.b\n',
    'key,split,label,score.a,score.b\nx,test,,1,2\n',
  ].map((text) => parseScores(text));

  assert.deepEqual(
    errors.map((result) => (result.ok ? '' : result.error)),
    [
      'Expected the columns key, split, label, real, fake in line 1, got "a,b": no key, split, label, real, fake; other classes than real and fake are columns such as score.cat. docs/cookbook.md turns other columns into these',
      'Line 2: expected as many fields as in the header, got fewer',
      'Line 2: expected the label 0 (real) or 1 (fake), got "unreal"',
      'Line 2: expected as many fields as in the header, got fewer',
      'Line 4: expected every image once, got "a" of test again',
      'Line 4: expected a finite number as the real score, got "nan"',
      'Expected the columns key, split, label, real, fake in line 1, got an empty file',
      'Expected the columns key, split, label, real, fake in line 1, got "key;split;label;real;fake": its columns have semicolons between them; other classes than real and fake are columns such as score.cat. docs/cookbook.md turns other columns into these',
      'Expected scores of two classes or more in line 1, got score.a alone',
      'Expected scores of one kind in line 1, got score. and logit. columns',
      'Line 2: expected the name of a class as label, got none',
    ],
  );
});
