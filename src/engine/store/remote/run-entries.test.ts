import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../../digest.ts';
import { mostWhole } from './buckets/bucket.ts';
import { dataKeyOf } from './envelope.ts';
import { packEntries, type RunEntries, unpackEntries } from './run-entries.ts';

test('the results of a run come back as they were packed', () => {
  const object = sha256('object');
  const location = { key: dataKeyOf('packs', sha256('pack')), start: 3, length: 6 };
  const entries: RunEntries = new Map([
    [sha256('a'), { text: '{"a":"é"}', locations: new Map([[object, location]]) }],
    [sha256('b'), { text: '{"b":2}', locations: new Map() }],
  ]);
  assert.deepEqual(unpackEntries(packEntries(entries)), entries);
});

test('a signer whose few bytes unpack to millions of lines, or to too many, packs no results', () => {
  for (const size of [mostWhole, mostWhole + 1])
    assert.equal(unpackEntries(gzipSync(Buffer.alloc(size, '\n'))).size, 0);
});
