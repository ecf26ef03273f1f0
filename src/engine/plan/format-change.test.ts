import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../json.ts';
import { load, stageOf } from '../config/testing-kinds.ts';
import { formatChange } from './format-change.ts';

const { defaultOf } = stageOf(
  await load(`stages:
  faces: { kind: load, inputs: { images: data/ } }
  fit: { kind: train, inputs: { dataset: faces.dataset } }
`),
  'fit',
);
const changed = (before: JsonObject | undefined, after: JsonObject | undefined) =>
  formatChange({ path: 'settings.optimizer', before, after }, { kind: 'train', defaultOf });

test('a map of settings that one side leaves out is told leaf by leaf, without those that are the same by default', () => {
  const rate = { kind: 'adam', learningRate: 0.0003 };
  assert.deepEqual(changed(rate, undefined), ['settings.optimizer.learningRate: 0.0003 → 0.001']);
  assert.deepEqual(changed(undefined, rate), ['settings.optimizer.learningRate: 0.001 → 0.0003']);
});

test('of a map of another sort, what it leaves out counts as it is by default', () => {
  assert.deepEqual(changed(undefined, { kind: 'sgd', momentum: 0 }), [
    'settings.optimizer.kind: "adam" → "sgd"',
    'settings.optimizer.learningRate: 0.001 → 0.1',
    'settings.optimizer.momentum: set to 0',
  ]);
});
