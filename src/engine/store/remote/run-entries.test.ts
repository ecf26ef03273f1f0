import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sha256 } from '../../../digest.ts';
import { mostWhole } from './buckets/bucket.ts';
import { dataKeyOf } from './envelope.ts';
import { mostOfResult, packEntries, type RunEntries, unpackEntries } from './run-entries.ts';

const a = sha256('a');
const b = sha256('b');
const named = new Set([a, b]);
const headingOf = (fingerprint: string) => JSON.stringify({ fingerprint, keys: [], at: {} });

test('the results of a run come back as they were packed', () => {
  const object = sha256('object');
  const location = { key: dataKeyOf('packs', sha256('pack')), start: 3, length: 6 };
  const entries: RunEntries = new Map([
    [a, { text: '{"a":"é"}', locations: new Map([[object, location]]) }],
    [b, { text: '{"b":2}', locations: new Map() }],
  ]);
  assert.deepEqual(unpackEntries(packEntries(entries)!, named), { ok: true, value: entries });
});

test('a result of many files is left to a request of its own', () => {
  const small = { text: 'small', locations: new Map() };
  const large = { text: 'x'.repeat(mostOfResult), locations: new Map() };
  const both: RunEntries = new Map([
    [a, large],
    [b, small],
  ]);
  const value = new Map([[b, small]]);
  assert.deepEqual(unpackEntries(packEntries(both)!, named), { ok: true, value });
  assert.equal(packEntries(new Map([[a, large]])), undefined);
});

const manyLines = (line: string, size = mostWhole) =>
  Buffer.alloc(size, `${line}\n`).subarray(0, size);

const bombs: Readonly<Record<string, readonly [unpacked: Buffer, why: string]>> = {
  'lines that say nothing': [manyLines('{}', mostOfResult), 'one is of no result of the run'],
  'a result that the run has not': [
    Buffer.from(`${headingOf(sha256('c'))}\n{}\n`),
    'one is of no result of the run',
  ],
  'one result again and again': [
    manyLines(`${headingOf(a)}\n{}`, mostOfResult),
    'two are of one result',
  ],
  'more than so many results have': [manyLines('{}'), 'one has more than 64.0 KiB'],
  'a result as large as several': [
    Buffer.from(`${headingOf(a)}\n${'x'.repeat(mostOfResult)}\n`),
    'one has more than 64.0 KiB',
  ],
  'a line without its end': [Buffer.from(`${headingOf(a)}\n{}`), 'they have another form'],
  'no JSON': [Buffer.from('{\n{}\n'), 'they have another form'],
};

for (const [what, [unpacked, error]] of Object.entries(bombs)) {
  test(`a signer who packs ${what} packs no results, and holds up nobody`, () => {
    const packed = gzipSync(unpacked);
    const before = process.cpuUsage();
    assert.deepEqual(unpackEntries(packed, named), { ok: false, error });
    const { user } = process.cpuUsage(before);
    assert.ok(user < 1e6, `${user / 1e6} s of the processor`);
  });
}
