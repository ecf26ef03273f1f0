import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../digest.ts';
import { diffFingerprints } from './diff-fingerprints.ts';
import type { Fingerprint } from './fingerprint.ts';

const before: Fingerprint = {
  kind: 'train',
  version: 1,
  settings: { optimizer: { kind: 'adam', learningRate: 0.001 }, layers: [6, 16] },
  inputs: { dataset: [{ digest: sha256('a'), labels: { 'net.size': 's' } }] },
  outputs: ['model'],
};

test('equal fingerprints do not differ', () => {
  assert.deepEqual(diffFingerprints(before, structuredClone(before)), []);
});

test('every value that differs is named by its path, with what it was and is', () => {
  const after: Fingerprint = {
    ...before,
    settings: {
      optimizer: { kind: 'adam', learningRate: 0.01 },
      layers: [6, 16, 24],
      momentum: null,
    },
    inputs: { dataset: [{ digest: sha256('b'), labels: { 'net.size': 'l' } }] },
    backend: 'cpu',
  };
  assert.deepEqual(diffFingerprints(before, after), [
    { path: 'settings.optimizer.learningRate', before: 0.001, after: 0.01 },
    { path: 'settings.layers[2]', before: undefined, after: 24 },
    { path: 'settings.momentum', before: undefined, after: null },
    { path: 'inputs.dataset[0].digest', before: sha256('a'), after: sha256('b') },
    { path: 'inputs.dataset[0].labels["net.size"]', before: 's', after: 'l' },
    { path: 'backend', before: undefined, after: 'cpu' },
  ]);
});

test('a value that became a map is one difference, not many', () => {
  const after: Fingerprint = { ...before, settings: { ...before.settings, layers: { first: 6 } } };
  assert.deepEqual(diffFingerprints(before, after), [
    { path: 'settings.layers', before: [6, 16], after: { first: 6 } },
  ]);
});
