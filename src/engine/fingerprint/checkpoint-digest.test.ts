import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../digest.ts';
import { checkpointOf } from './checkpoint-digest.ts';
import type { Fingerprint } from './fingerprint.ts';

const fingerprint: Fingerprint = {
  kind: 'train',
  version: 1,
  settings: { epochs: 5, seed: 1 },
  inputs: { dataset: [{ digest: sha256('faces') }] },
  outputs: ['model'],
};
const versions = { restage: '1.0.0', node: 'v20' };
const digest = (changes: Partial<Fingerprint> = {}, others = versions) =>
  checkpointOf(
    { checkpointsWithout: [['epochs'], ['args', 'rounds']], cache: true },
    { ...fingerprint, ...changes },
    others,
  );

test('a checkpoint depends on all of the fingerprint but the settings that only say how far to go', () => {
  assert.equal(digest({ settings: { epochs: 8, seed: 1 } }), digest());
  assert.equal(digest({ settings: { seed: 1 } }), digest());
  assert.equal(digest({ settings: { seed: 1, args: { rounds: 3 } } }), digest());
  assert.equal(digest({ outputs: ['events', 'model'] }), digest());
  const others = [
    digest({ settings: { epochs: 5, seed: 2 } }),
    digest({ settings: { seed: 1, args: { rate: 0.1, rounds: 3 } } }),
    digest({ settings: { seed: 1, args: { epochs: 3 } } }),
    digest({ version: 2 }),
    digest({ backend: 'cpu' }),
    digest({ inputs: { dataset: [{ digest: sha256('other faces') }] } }),
    digest({}, { ...versions, restage: '1.0.1' }),
    digest({}, { ...versions, node: 'v22' }),
  ];
  assert.equal(new Set([digest(), ...others]).size, 9);
});
