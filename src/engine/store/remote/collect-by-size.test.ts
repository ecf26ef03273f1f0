import assert from 'node:assert/strict';
import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import { day } from '../../../day.ts';
import { LocalStore } from '../local-store.ts';
import type { StageResult } from '../stage-result.ts';
import { RefusedRequest } from './buckets/bucket.ts';
import { FolderBucket } from './buckets/folder-bucket.ts';
import { collectShared } from './collect-shared.ts';
import { resultKey } from './envelope.ts';
import { RemoteStore } from './remote-store.ts';
import { SharedStore } from './shared-store.ts';
import { CountingBucket, Group, make } from './testing-group.ts';

const never = new AbortController().signal;
const size = 1_500_000;
const age = 10 * day;

/** A store with three results of one large object each, stored 30, 20 and 10 days ago. */
async function threeResults(t: TestContext) {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  const maker = await group.clone('maker', key);
  const results: StageResult[] = [];
  for (const seed of [1, 2, 3]) {
    const file = String(seed).repeat(size);
    results.push(await make(maker, seed, { file }));
  }
  await maker.outbox.flush(never);
  const entry = ({ digest }: StageResult) => join(group.shared, resultKey(digest, key.id));
  for (const [index, result] of results.entries()) {
    const time = (Date.now() - (3 - index) * age) / 1000;
    utimesSync(entry(result), time, time);
  }
  const left = () => results.map((result) => existsSync(entry(result)));
  const bucket = new FolderBucket(group.shared);
  return { group, key, maker, results, left, bucket };
}

/** What of a store a size leaves: the objects, with room for the entries. */
const of = (objects: number): number => objects * size + 100_000;
const always = { keep: Number.POSITIVE_INFINITY, remove: true };

test('the least recently used results go until the store is small enough', async (t) => {
  const { bucket, left } = await threeResults(t);
  const most = of(2);
  const asked = await collectShared(bucket, { ...always, keepSize: most, remove: false });
  assert.deepEqual([asked.results, left()], [1, [true, true, true]]);
  const first = await collectShared(bucket, { ...always, keepSize: most });
  assert.deepEqual([first.results, first.marked, left()], [1, 1, [false, true, true]]);
  assert.ok(first.held! > 2 * size && first.held! <= most);
  // Bytes that are marked are gone as far as the size is concerned.
  assert.equal((await collectShared(bucket, { ...always, keepSize: most })).results, 0);
  const last = await collectShared(bucket, { ...always, keepSize: most, delay: 0 });
  assert.deepEqual([last.results, last.deleted], [0, 1]);
});

test('a run that uses a result of the store keeps it there, and says so once a day', async (t) => {
  const { bucket, group, key, left, results } = await threeResults(t);
  const uses = () => group.files('uses').length;
  const use = async (name: string) => {
    const reader = await group.clone(name, key);
    await reader.lookup(results[0]!.digest);
    await reader.markUsed(results[0]!.digest);
    await reader.outbox.flush(never);
    await reader.close();
  };
  await use('reader');
  assert.equal(uses(), 1);
  await use('reader');
  assert.equal(uses(), 1, 'the same cache says it once a day');
  await use('other');
  assert.equal(uses(), 2);
  await collectShared(bucket, { ...always, keepSize: of(2) });
  assert.deepEqual(left(), [true, false, true]);
  assert.equal(uses(), 1, 'a collection gathers the lists');
  await collectShared(bucket, { ...always, keep: 15 * day });
  assert.deepEqual(left(), [true, false, true], 'a use counts for --keep as well');
});

test('what was stored or used within a day stays above the size, and so does the newest run', async (t) => {
  const { bucket, group, left, maker, results } = await threeResults(t);
  const newest = results[1]!;
  const stages = { fit: { result: newest.digest, outputs: { out: 'out' }, isFinal: true } };
  maker.outbox.shareRun({ run: '2026-01-01', pipeline: 'p', stages: {} }, undefined);
  maker.outbox.shareRun({ run: '2026-01-02', pipeline: 'p', stages }, undefined);
  await maker.outbox.flush(never);
  const [older] = group.files('runs');
  utimesSync(older!, 0, 0);
  await make(maker, 4, { file: '4'.repeat(size) });
  await maker.outbox.flush(never);
  const { held, runs } = await collectShared(bucket, { ...always, keepSize: 1 });
  assert.deepEqual([left(), runs], [[false, true, false], 1]);
  assert.ok(held! > 2 * size, 'the new result and that of the newest run');
});

test('a store is not made to forget or to keep by lists of uses that say nonsense', async (t) => {
  const { bucket, group, left, results } = await threeResults(t);
  const [first, second] = results as [StageResult, StageResult];
  const later = { [first.digest]: Date.now() + 1000 * day, [second.digest]: 'x', other: 5 };
  writeFiles(join(group.shared, 'uses'), {
    [`${'a'.repeat(16)}.json`]: JSON.stringify(later),
    [`${'b'.repeat(16)}.json`]: '[[1], null, "x"',
    [`${'c'.repeat(16)}.json`]: JSON.stringify([1, null, second.digest.slice(1)]),
    'mine.json': 'theirs',
  });
  await collectShared(bucket, { ...always, keepSize: of(2) });
  assert.deepEqual(left(), [true, false, true]);
  const kept = group.files('uses').map((path) => path.slice(group.shared.length + 1));
  assert.equal(kept.length, 2);
  assert.ok(kept.includes('uses/mine.json'));
  // As far as a use in the future goes, it was now.
  const gathered = await bucket.get(kept.find((name) => !name.endsWith('mine.json'))!);
  assert.ok(JSON.parse(String(gathered))[first.digest] <= Date.now() + 1000);
});

test('what somebody uses or stores again while a collection reads the store stays', async (t) => {
  const { group, key, results } = await threeResults(t);
  const bucket = new CountingBucket(group.shared);
  let used = false;
  bucket.onGet = (name) => {
    // While all entries are read, the first result is used, and the second one is sent again.
    if (used || !name.startsWith('results/')) return;
    used = true;
    const uses = { [`uses/${'d'.repeat(16)}.json`]: JSON.stringify([results[0]!.digest]) };
    writeFiles(group.shared, uses);
    const entry = join(group.shared, resultKey(results[1]!.digest, key.id));
    utimesSync(entry, new Date(), new Date());
  };
  const { results: removed } = await collectShared(bucket, { ...always, keepSize: 1 });
  assert.equal(removed, 1);
  assert.deepEqual(
    readdirSync(join(group.shared, 'results'), { recursive: true }).filter((name) =>
      String(name).includes(results[2]!.digest),
    ),
    [],
  );
});

test('a user who may only read tells no uses, and a run goes on without a word of it', async (t) => {
  const { group, key, results } = await threeResults(t);
  const bucket = new CountingBucket(group.shared);
  bucket.onPut = () => {
    throw new RefusedRequest('read-only');
  };
  const remote = new RemoteStore({ url: 's3://lab', keys: [key.text] }, bucket, key, () => {});
  const local = new LocalStore(join(group.root, 'reader'));
  const warnings: string[] = [];
  const warn = (line: string) => void warnings.push(line);
  const store = new SharedStore(local, remote, { url: 's3://lab', shareEnv: false }, { warn });
  await store.lookup(results[0]!.digest);
  await store.markUsed(results[0]!.digest);
  await store.outbox.flush(never);
  assert.deepEqual([warnings, existsSync(join(group.shared, 'uses'))], [[], false]);
});

test('a result above the size that store.yaml states is kept here, with a warning that names it', async (t) => {
  const group = new Group(temporaryFolder(t));
  const key = group.key('alice');
  const spec = { url: group.shared, keys: [key.text] };
  const remote = new RemoteStore(spec, new FolderBucket(group.shared), key, () => {});
  const warnings: string[] = [];
  const local = new LocalStore(join(group.root, 'maker'));
  const store = new SharedStore(
    local,
    remote,
    { url: group.shared, shareEnv: false, largestResult: 2_000_000 },
    { warn: (line) => void warnings.push(line) },
  );
  const fits = await make(store, 1, { file: 'x'.repeat(size), same: 'x'.repeat(size) });
  const large = await make(store, 2, { file: 'y'.repeat(size), other: 'z'.repeat(size) });
  store.outbox.share(fits);
  store.outbox.share(large);
  await store.outbox.flush(never);
  assert.deepEqual(
    group.files('results').map((path) => path.includes(fits.digest)),
    [true],
  );
  const kept = 'it stays here, and others compute it again';
  assert.deepEqual(warnings, [
    `A result of ${large.fingerprint.kind} has 2.9 MiB, more than the 1.9 MiB of "largestResult" in store.yaml: ${kept} (${large.digest.slice(0, 12)})`,
  ]);
});
