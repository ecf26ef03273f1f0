import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StageName } from '../config/pipeline.ts';
import type { Reason } from './decide.ts';
import { describeReasons } from './describe-decision.ts';
import type { Change } from './fingerprint-changes.ts';

const change: Change = { of: 'value', path: 'settings.epochs', before: 8, after: 5 };

test('every reason has its words', () => {
  const reasons: readonly Reason[] = [
    { type: 'forced' },
    { type: 'never ran' },
    { type: 'no result', lastAttempt: 'interrupted' },
    { type: 'result lost' },
    { type: 'change', change },
    { type: 'not published' },
    { type: 'output missing', port: 'model' },
    { type: 'output changed', port: 'history' },
    { type: 'other result', ports: ['model', 'history'], changes: [change] },
    { type: 'other result', ports: ['model'], changes: [change, change, change] },
    { type: 'not kept' },
    { type: 'objects lost', count: 3 },
  ];
  assert.deepEqual(describeReasons({ state: 'stale', reasons }), [
    'forced',
    'never ran',
    'interrupted when it last ran, and has no earlier result',
    'the store no longer has its last result',
    'settings.epochs: 8 → 5',
    'not published here',
    'output model is missing',
    'output history was changed in place',
    'settings.epochs: 8 → 5, for which there is an earlier result',
    'settings.epochs: 8 → 5 and 2 more, for which there is an earlier result',
    'its outputs are not kept (cache: false)',
    'the store has lost 3 of its objects',
  ]);
});

test('a plan says what a stage waits for, and what would stop it', () => {
  assert.deepEqual(describeReasons({ state: 'up to date' }), []);
  assert.deepEqual(describeReasons({ state: 'waiting', for: ['fit' as StageName] }), [
    'reads fit, which must run',
  ]);
  assert.deepEqual(describeReasons({ state: 'failing', message: 'x.csv does not exist' }), [
    'x.csv does not exist',
  ]);
});

test('of many stages that one waits for, the first are named', () => {
  const five = ['fit', 'scores', 'roc', 'curves', 'table'] as StageName[];
  const reads = 'reads fit, scores, roc, curves and 1 more, which must run';
  assert.deepEqual(describeReasons({ state: 'waiting', for: five }), [reads]);
});
