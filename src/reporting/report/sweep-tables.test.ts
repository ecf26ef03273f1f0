import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partialValue } from '../../../test/support/partial-value.ts';
import type { ChoiceFile } from '../../choice-file.ts';
import type { Stage } from '../../engine/config/pipeline.ts';
import { type SweepSources, sweepsOf } from './sweep-tables.ts';

const item = (stage: string, port: string) => ({ from: 'stage', stage, port, labels: {} });
const stage = (name: string, given: object = {}) =>
  partialValue<Stage>({ name, axes: {}, inputs: [], ...given });
const fit = (rung: number, label: number, given: object = {}) =>
  stage(`fit${rung}[n=${label}]`, { axes: { n: String(label) }, ...given });
const slot = (rung: number, label: number, choices: readonly string[]) =>
  fit(rung, label, {
    inputs: [{ port: 'matrix.n', items: choices.map((name) => item(name, 'choice')) }],
    slot: {
      port: 'matrix.n',
      index: label - 1,
      axes: choices.map(() => ['n']),
      of: choices.map((_, earlier) => `fit${rung - 1 - earlier}`),
      candidates: new Map(),
    },
  });
const select = (name: string, models: readonly Stage[]) =>
  stage(name, {
    inputs: [{ port: 'models', items: models.map((model) => item(model.name, 'model')) }],
  });

const first = [1, 2, 3].map((n) => fit(1, n, { drawn: { rate: n / 10 } }));
const second = [1, 2].map((n) => slot(2, n, ['best1']));
const third = [slot(3, 1, ['best2', 'best1'])];
const stages = [
  ...first,
  select('best1', first),
  ...second,
  select('best2', second),
  ...third,
  select('best3', third),
];

const candidate = (n: number, auc: number | null) => ({ labels: { n: String(n) }, auc });
const choices: Readonly<Record<string, ChoiceFile>> = {
  best1: {
    by: 'auc',
    count: 2,
    ranking: [{ n: '3' }, { n: '1' }],
    candidates: [candidate(1, 0.7), candidate(2, null), candidate(3, 0.8)],
  },
  best2: {
    by: 'auc',
    count: 1,
    ranking: [{ n: '2' }, { n: '1' }],
    candidates: [candidate(1, 0.81), candidate(2, 0.9)],
  },
  best3: { by: 'auc', chosen: candidate(1, 0.95), candidates: [candidate(1, 0.95)] },
};
const sources: SweepSources = {
  stages,
  choiceOf: (name) => choices[name],
  secondsOf: (name) => Number(name[3]) * 10,
};

test('a sweep says how far each candidate went and why, through the slots that it filled, and what was saved', () => {
  const [sweep, ...others] = sweepsOf(sources);
  assert.deepEqual(others, []);
  assert.deepEqual(sweep, {
    title: 'Candidates by auc, and how far each went',
    columns: ['n', 'rate', 'fit1', 'fit2', 'fit3', 'why it ended'],
    rows: [
      ['1', 0.1, 0.7, 0.9, 0.95, 'trained to the end: chosen'],
      ['3', 0.3, 0.8, 0.81, '', 'stopped after fit2: place 2 of 2, the first 1 went on'],
      ['2', 0.2, '', '', '', 'stopped after fit1: no value, the first 2 went on'],
    ],
    text: 'The rungs took 1 min 40 s together. Training all 3 candidates to the end would take about 3 min 0 s, by the mean of the 1 candidate that went there, so 44.4 % was saved.',
  });
});

test('without a readable choice there is no sweep, and without all times no comparison', () => {
  assert.deepEqual(sweepsOf({ ...sources, choiceOf: () => undefined }), []);
  assert.equal(sweepsOf({ ...sources, secondsOf: () => undefined })[0]!.text, undefined);
});

test('without a choice after the last rung, only those in it were trained to the end', () => {
  const [sweep] = sweepsOf({ ...sources, stages: stages.filter(({ name }) => name !== 'best3') });
  assert.deepEqual(sweep, {
    title: 'Candidates by auc, and how far each went',
    columns: ['n', 'rate', 'fit1', 'fit2', 'fit3', 'why it ended'],
    rows: [
      ['1', 0.1, 0.7, 0.9, 'trained', 'trained to the end'],
      ['3', 0.3, 0.8, 0.81, '', 'stopped after fit2: place 2 of 2, the first 1 went on'],
      ['2', 0.2, '', '', '', 'stopped after fit1: no value, the first 2 went on'],
    ],
    text: 'The rungs took 1 min 40 s together. Training all 3 candidates to the end would take about 3 min 0 s, by the mean of the 1 candidate that went there, so 44.4 % was saved.',
  });
});

test('a choice that says no number lets as many go on as there are slots', () => {
  const chosen = {
    by: 'auc',
    ranking: [{ n: '3' }, { n: '1' }],
    candidates: [candidate(1, 0.7), candidate(3, 0.8)],
  };
  const final = [slot(2, 1, ['best1'])];
  const [sweep] = sweepsOf({
    ...sources,
    stages: [...first, select('best1', first), ...final],
    choiceOf: (name) => (name === 'best1' ? chosen : undefined),
  });
  assert.deepEqual(
    sweep!.rows.map((row) => row.at(-1)),
    ['trained to the end', 'stopped after fit1: place 2 of 2, the first 1 went on'],
  );
});
