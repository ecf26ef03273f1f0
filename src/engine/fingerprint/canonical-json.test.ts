import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../../json.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Fingerprint, hashFingerprint } from './fingerprint.ts';

test('keys are sorted by code unit at every depth, without spaces', () => {
  assert.equal(
    canonicalJson({ b: [{ z: 1, Z: null }], a: 'é\n' }),
    '{"a":"é\\n","b":[{"Z":null,"z":1}]}',
  );
});

test('the order in which keys were written does not matter, and nothing else is lost', () => {
  const reversed = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(reversed);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, member]) => [key, reversed(member)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue(), (generated) => {
      const value = JSON.parse(JSON.stringify(generated)) as Json;
      assert.equal(canonicalJson(reversed(value)), canonicalJson(value));
      assert.deepEqual(JSON.parse(canonicalJson(value)), value);
    }),
  );
});

test('a number without a JSON form is a bug, since it would collide with null', () => {
  assert.throws(() => canonicalJson({ rate: Number.NaN }), /Internal error: NaN has no JSON form/);
});

test('the digest of a fingerprint never changes between versions by accident', () => {
  const fingerprint: Fingerprint = {
    kind: 'train',
    version: 1,
    settings: { epochs: 2 },
    inputs: {},
    outputs: ['model'],
  };
  assert.equal(
    canonicalJson(fingerprint),
    '{"inputs":{},"kind":"train","outputs":["model"],"settings":{"epochs":2},"version":1}',
  );
  assert.equal(
    hashFingerprint(fingerprint),
    '030bc4b95f56225d8b60a741f27e7d533cb7d4db91af0fee97cc66ca0bd09bed',
  );
});
