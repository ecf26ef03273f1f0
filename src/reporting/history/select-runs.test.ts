import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asType, partialValue } from '../../../test/support/partial-value.ts';
import type { LocalStore } from '../../engine/store/local-store.ts';
import type { StageEntry } from '../../engine/store/runs/run-record.ts';
import { formatHistory } from '../terminal/format-history.ts';
import { type PastRun, settingsOf } from './past-run.ts';
import { conditionName, selectRuns } from './select-runs.ts';

const run = (
  day: string,
  given: Partial<PastRun>,
  stages: Readonly<Record<string, StageEntry>>,
): PastRun => ({
  id: `${day}-4f2a`,
  pipeline: 'study',
  outcome: 'succeeded',
  startedAt: Date.parse(day),
  seconds: 10,
  counts: { ran: 1 },
  record: {
    pipeline: 'study',
    file: 'study.yaml',
    startedAt: day,
    seconds: 10,
    restage: '0',
    stages,
  },
  ...given,
});
const scores = (auc: number): StageEntry => ({
  outcome: 'ran',
  metrics: { 'test.accuracy': 0.75, 'test.auc': auc },
  intervals: { 'test.auc': [auc - 0.1, auc + 0.1] },
});
const runs = [
  run(
    '2025-01-03',
    { seconds: 30 },
    { 'scores[seed=1]': scores(0.7), 'scores[seed=2]': scores(0.9) },
  ),
  run(
    '2025-01-02',
    { pipeline: 'other', outcome: 'failed' },
    { fit: { outcome: 'failed', message: 'no' } },
  ),
  run('2025-01-01', {}, { scores: scores(0.8) }),
];
const idsOf = (query: Parameters<typeof selectRuns>[1]) => {
  const selection = selectRuns(runs, query);
  return selection.ok ? selection.value.map(({ id }) => id.slice(0, 10)) : selection.error;
};

const bare = { changesOf: () => [], notedOf: () => undefined };

test('runs are filtered by pipeline, stage, time and end', () => {
  assert.deepEqual(idsOf({}), ['2025-01-03', '2025-01-02', '2025-01-01']);
  assert.deepEqual(idsOf({ pipeline: 'other' }), ['2025-01-02']);
  assert.deepEqual(idsOf({ stage: 'scores' }), ['2025-01-03', '2025-01-01']);
  assert.deepEqual(idsOf({ stage: 'scores[seed=2]' }), ['2025-01-03']);
  assert.deepEqual(idsOf({ since: Date.parse('2025-01-02') }), ['2025-01-03', '2025-01-02']);
  assert.deepEqual(idsOf({ failed: true }), ['2025-01-02']);
});

test('a condition holds where any instance of a matrix meets it; the largest number comes first', () => {
  assert.deepEqual(idsOf({ where: ['scores.test.auc>0.85'] }), ['2025-01-03']);
  assert.deepEqual(idsOf({ where: ['scores.test.auc >= 0.8', 'test.accuracy=0.75'] }), [
    '2025-01-03',
    '2025-01-01',
  ]);
  assert.deepEqual(idsOf({ where: ['scores[seed=1].test.auc<0.8'] }), ['2025-01-03']);
  assert.deepEqual(idsOf({ sort: 'test.auc', stage: 'scores' }), ['2025-01-03', '2025-01-01']);
  assert.deepEqual(idsOf({ sort: 'duration', reverse: true, stage: 'scores' }), [
    '2025-01-01',
    '2025-01-03',
  ]);
});

test('in reverse order the smallest number comes first, and runs without it still come last', () => {
  assert.deepEqual(idsOf({ sort: 'test.auc' }), ['2025-01-03', '2025-01-01', '2025-01-02']);
  assert.deepEqual(idsOf({ sort: 'test.auc', reverse: true }), [
    '2025-01-03',
    '2025-01-01',
    '2025-01-02',
  ]);
  assert.deepEqual(idsOf({ reverse: true }), ['2025-01-01', '2025-01-02', '2025-01-03']);
});

test('a misspelt name is refused with what was meant', () => {
  assert.deepEqual(idsOf({ sort: 'scores.tset.auc' }), {
    message: 'There is no run with a number "scores.tset.auc"',
    hint: 'Did you mean "scores.test.auc"?',
  });
  assert.deepEqual(idsOf({ pipeline: 'studdy' }), {
    message: 'There is no run of a pipeline "studdy"',
    hint: 'Did you mean "study"?',
  });
  assert.deepEqual(idsOf({ show: ['test.auc', 'scores.test.acc'] }), {
    message: 'There is no run with a number "scores.test.acc"',
    hint: 'Did you mean "scores.test.auc"?',
  });
  assert.deepEqual(selectRuns([], { show: ['test.auc'] }), { ok: true, value: [] });
  assert.deepEqual(idsOf({ where: ['scores.test.auc'] }), {
    message: `Expected a number's name, a comparison (> >= < <= = !=) and a number, got "scores.test.auc"`,
    hint: "For example: --where 'scores.test.auc>0.8'",
  });
});

test('where a stage had more numbers than are kept, the hint for an unknown name says so', () => {
  const cut = run('2025-01-04', {}, { scores: { ...scores(0.5), numbersLeftOut: 20 } });
  const selection = selectRuns([cut], { sort: 'bySource.kitchen' });
  assert.match(
    selection.ok ? '' : selection.error.hint!,
    / A stage had more numbers than a history keeps/,
  );
});

test('a condition names its number without blanks', () => {
  assert.equal(conditionName(' scores.test.auc >= 0.8'), 'scores.test.auc');
  assert.equal(conditionName('scores.test.auc'), undefined);
});

test('a line has the end of a run and its main numbers: their range for a matrix, the interval for one stage', () => {
  assert.deepEqual(
    formatHistory(runs, {
      names: [],
      changesOf: ({ id }) => (id === '2025-01-03-4f2a' ? ['a', 'b', 'c', 'd'] : []),
      notedOf: () => undefined,
    }),
    [
      'run              pipeline  outcome    stages  time  numbers',
      '2025-01-03-4f2a  study     succeeded  1 ran   30 s  scores test.auc 0.700 to 0.900 (2), test.accuracy 0.750 to 0.750 (2)',
      '  changed: a; b; c and 1 more',
      '2025-01-02-4f2a  other     failed     1 ran   10 s',
      '2025-01-01-4f2a  study     succeeded  1 ran   10 s  scores test.auc 0.800 (0.700–0.900), test.accuracy 0.750',
    ],
  );
  assert.deepEqual(
    formatHistory(runs.slice(2), { ...bare, names: ['test.auc'] })[1],
    '2025-01-01-4f2a  study     succeeded  1 ran   10 s  0.800 (0.700–0.900)',
  );
});

test('a setting of the results is shown like a number, a range of instances by their values', () => {
  const settings: Readonly<Record<string, object>> = {
    a: { epochs: 3, optimizer: { learningRate: 0.1 } },
    b: { optimizer: { learningRate: 0.2 } },
  };
  const store = { readResult: (digest: string) => ({ record: { settings: settings[digest] } }) };
  const entry = (result: string) => partialValue<StageEntry>({ outcome: 'ran', result });
  const past = run('2025-01-04', {}, { 'fit[n=1]': entry('a'), 'fit[n=2]': entry('b') });
  const names = ['fit.optimizer.learningRate', 'fit[n=1].epochs', 'fit.momentum', 'fit'];
  const pastSettings = settingsOf(past, names, asType<LocalStore>(store), () => undefined);
  assert.deepEqual(pastSettings, {
    'fit.optimizer.learningRate': '0.1, 0.2',
    'fit[n=1].epochs': '3',
  });
  const selection = selectRuns([{ ...past, settings: pastSettings }], {
    show: ['fit[n=1].epochs'],
  });
  assert.ok(selection.ok);
  assert.match(
    formatHistory(selection.value, { ...bare, names: ['fit[n=1].epochs'] })[1]!,
    / {2}3$/,
  );
});
