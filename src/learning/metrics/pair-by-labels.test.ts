import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type InputArtifact, StageError } from '../../stage.ts';
import { matchByLabels } from './pair-by-labels.ts';

const words = { one: 'model', other: 'data set' };
const artifact = (path: string, labels: Readonly<Record<string, string>> = {}): InputArtifact => ({
  path,
  labels,
});
const match = (models: readonly InputArtifact[], sets: readonly InputArtifact[]) =>
  matchByLabels(models, sets, words).map(({ path }) => path);

const models = [
  artifact('a', { net: 'small', set: 'drawn' }),
  artifact('b', { net: 'small', set: 'real' }),
  artifact('c', { net: 'large', set: 'real' }),
];

test('one data set serves all models', () => {
  assert.deepEqual(match(models, [artifact('drawn')]), ['drawn', 'drawn', 'drawn']);
});

test('a model goes with the data set of its own axis values, in whatever order they come', () => {
  const sets = [
    artifact('real', { set: 'real', stage: 'faces' }),
    artifact('drawn', { set: 'drawn' }),
  ];
  assert.deepEqual(match(models, sets), ['drawn', 'real', 'real']);
});

test('without an axis in common, their order decides', () => {
  const sets = [
    artifact('1', { stage: 'x' }),
    artifact('2', { stage: 'y' }),
    artifact('3', { stage: 'z' }),
  ];
  assert.deepEqual(match(models, sets), ['1', '2', '3']);
  assert.throws(
    () => match(models, sets.slice(1)),
    new StageError(
      'Expected one data set for all 3 models, or one for each in their order, got 2.',
    ),
  );
});

test('a data set that is missing, or one too many, is named by its axes', () => {
  assert.throws(
    () => match(models, [artifact('1', { set: 'drawn' }), artifact('2', { set: 'other' })]),
    new StageError(
      'Expected a data set for the model of net=small, set=real, got those of set=drawn; set=other.',
    ),
  );
  const sets = [
    artifact('1', { set: 'real', seed: '1' }),
    artifact('2', { set: 'real', seed: '2' }),
    artifact('3', { set: 'drawn' }),
    artifact('4', { set: 'drawn' }),
  ];
  assert.throws(
    () => match(models.slice(1, 2), sets),
    new StageError(
      'Expected one data set for the model of net=small, set=real, got 2 that fit: seed=1, set=real; seed=2, set=real.',
    ),
  );
});
