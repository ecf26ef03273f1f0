import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, sha256 } from '../../digest.ts';
import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import type { StageResult } from '../store/stage-result.ts';
import { decide, type Facts } from './decide.ts';

const fingerprint: Fingerprint = {
  kind: 'train',
  version: 1,
  settings: { epochs: 5 },
  inputs: { dataset: [{ digest: sha256('faces') }] },
  outputs: ['model'],
};
const result: StageResult = {
  format: 1,
  digest: sha256('result') as Digest,
  fingerprint,
  outputs: {},
  stored: true,
  record: {
    startedAt: '',
    seconds: 1,
    attempts: 1,
    host: '',
    node: '',
    restage: '',
    cpus: 1,
    notes: {},
    highlights: [],
    warnings: [],
  },
};
const facts: Facts = {
  fingerprint,
  result,
  missingObjects: 0,
  published: { model: 'in place' },
  last: fingerprint,
  forced: false,
};

test('a stage whose outputs are in place is fresh, even if the cache has lost their objects', () => {
  assert.deepEqual(decide(facts), { state: 'up to date' });
  assert.deepEqual(decide({ ...facts, missingObjects: 2 }), { state: 'up to date' });
});

test('outputs that were deleted or tampered with are restored, and the reasons say which', () => {
  assert.deepEqual(decide({ ...facts, published: { model: 'missing', history: 'changed' } }), {
    state: 'restorable',
    reasons: ['output model is missing', 'output history was changed in place'],
  });
});

test('another result of the stage in its place is no tampering, and the reason says how it differs', () => {
  const last = { ...fingerprint, settings: { epochs: 8 } };
  assert.deepEqual(decide({ ...facts, last, published: { model: 'other', history: 'other' } }), {
    state: 'restorable',
    reasons: ['another result is published there (settings.epochs: 8 → 5)'],
  });
  assert.deepEqual(decide({ ...facts, last, published: { model: 'other', history: 'changed' } }), {
    state: 'restorable',
    reasons: ['another result is published as model (settings.epochs: 8 → 5)', 'output history was changed in place'],
  });
});

test('what the cache cannot give back must be made again', () => {
  assert.deepEqual(decide({ ...facts, published: { model: 'missing' }, missingObjects: 3 }), {
    state: 'stale',
    reasons: ['output model is missing', 'the cache lost 3 of its objects'],
  });
  assert.deepEqual(decide({ ...facts, published: { model: 'missing' }, result: { ...result, stored: false } }), {
    state: 'stale',
    reasons: ['output model is missing', 'its outputs are not kept (cache: false)'],
  });
});

test('a stage without a result says what changed since its last one, value by value', () => {
  const now = {
    ...fingerprint,
    settings: { epochs: 8, batchSize: 16 },
    inputs: { dataset: [{ digest: sha256('other faces') }], weights: [{ digest: sha256('w') }] },
  };
  assert.deepEqual(decide({ ...facts, result: undefined, fingerprint: now }), {
    state: 'stale',
    reasons: [
      'settings.epochs: 5 → 8',
      'settings.batchSize: set to 16',
      'input dataset changed',
      'input weights is new',
    ],
  });
  assert.deepEqual(decide({ ...facts, result: undefined, last: undefined }), {
    state: 'stale',
    reasons: ['never ran'],
  });
});

test('a stage that was interrupted or failed before it had a result did run', () => {
  const without = { ...facts, result: undefined, last: undefined };
  const interrupted = decide({ ...without, attempted: { outcome: 'interrupted', content: fingerprint } });
  assert.deepEqual(interrupted, {
    state: 'stale',
    reasons: ['interrupted when it last ran, and has no earlier result'],
  });
  const corrected = { ...fingerprint, settings: { epochs: 8 } };
  assert.deepEqual(
    decide({ ...without, fingerprint: corrected, attempted: { outcome: 'failed', content: fingerprint } }),
    { state: 'stale', reasons: ['failed when it last ran, and has no earlier result', 'settings.epochs: 5 → 8'] },
  );
});

test('force wins over everything that is known', () => {
  assert.deepEqual(decide({ ...facts, forced: true }), { state: 'stale', reasons: ['forced'] });
});
