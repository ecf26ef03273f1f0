import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { RunScript } from '../../../test/support/run-script.ts';
import { formatRate, formatSeconds, formatWholeSeconds, withMinus } from '../../format-numbers.ts';
import { plainText } from '../../plain-text.ts';
import { groupSummaryTables } from '../group-summary-tables.ts';
import { wantsColour } from './colour.ts';
import { selectReporter } from './select-reporter.ts';
import { clip, formatTable } from './text-layout.ts';

test('colours are for terminals, NO_COLOR turns them off, FORCE_COLOR wins', () => {
  const terminal = { isTTY: true };
  assert.equal(wantsColour(terminal, {}), true);
  assert.equal(wantsColour({}, {}), false);
  assert.equal(wantsColour(terminal, { TERM: 'dumb' }), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '1' }), false);
  assert.equal(wantsColour(terminal, { NO_COLOR: '' }), true);
  assert.equal(wantsColour({}, { FORCE_COLOR: '1' }), true);
  assert.equal(wantsColour(terminal, { FORCE_COLOR: '0' }), false);
  assert.equal(wantsColour({}, { FORCE_COLOR: '3', NO_COLOR: '1' }), true);
});

test('durations are read at a glance', () => {
  const seconds = [0, 0.0561, 0.994, 0.996, 3.44, 9.96, 59.4, 59.6, 200, 3599.6, 7500];
  assert.deepEqual(seconds.map(formatSeconds), [
    '0.00 s',
    '0.06 s',
    '0.99 s',
    '1.0 s',
    '3.4 s',
    '10 s',
    '59 s',
    '1 min 0 s',
    '3 min 20 s',
    '1 h 0 min',
    '2 h 5 min',
  ]);
  assert.deepEqual([0, 3.4, 61].map(formatWholeSeconds), ['0 s', '3 s', '1 min 1 s']);
  assert.deepEqual(
    [0.314, 12.345, 1234.5].map((rate) => formatRate(rate, 'steps')),
    ['0.31 steps/s', '12.3 steps/s', '1,235 steps/s'],
  );
});

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

test('auto is live on a terminal and plain in CI, in a pipe and on a dumb terminal', () => {
  const form = (
    stream: { isTTY?: boolean },
    env: Record<string, string>,
    name: 'auto' | 'live' | 'json' = 'auto',
  ) => {
    const reporter = selectReporter(name, { ...stream, write: () => {} }, env);
    reporter.close();
    return reporter.constructor.name;
  };
  assert.equal(form({ isTTY: true }, {}), 'LiveReporter');
  assert.equal(form({ isTTY: true }, { CI: 'true' }), 'PlainReporter');
  assert.equal(form({ isTTY: true }, { TERM: 'dumb' }), 'PlainReporter');
  assert.equal(form({}, {}), 'PlainReporter');
  assert.equal(form({}, {}, 'live'), 'LiveReporter');
});

test('the JSON reporter writes every event as one line', () => {
  let text = '';
  const stream = { write: (part: string) => (text += part) };
  new RunScript(selectReporter('json', stream, {})).begin(['a']).prints('a', 'two\nlines').finish();
  assert.equal(
    text,
    `{"type":"run-started","run":"r1","pipeline":"experiments/xception","stages":["a"],"finals":["a"],"time":1000000}
{"type":"stage-output","stage":"a","text":"two\\nlines","time":1000000}
{"type":"run-finished","run":"r1","ok":true,"interrupted":false,"counts":{"up to date":0,"restored":0,"ran":0,"failed":0,"blocked":0,"cancelled":0},"seconds":0,"time":1000000}
`,
  );
});

test('numbers of tables have one minus, whoever wrote them; names and dates keep their hyphens', () => {
  assert.equal(withMinus('-0.3 (-0.4–-0.1)'), '−0.3 (−0.4–−0.1)');
  assert.deepEqual(['my-net -1', '2025-01-31', '-', '0.5'].map(withMinus), [
    'my-net -1',
    '2025-01-31',
    '-',
    '0.5',
  ]);
  const table = {
    title: 'Gain',
    columns: ['net', 'gain'],
    rows: [['a-1', -0.25] as const, ['b', '−0.50'] as const],
  };
  assert.deepEqual(groupSummaryTables([{ name: 's', summaryTables: [table] }])[0]!.rows, [
    ['a-1', '−0.25'],
    ['b', '−0.50'],
  ]);
});
