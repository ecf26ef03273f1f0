import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import { signpostsOf } from '../stage-result.ts';
import { FolderBucket } from './buckets/folder-bucket.ts';
import { collectShared } from './collect-shared.ts';
import { Group, make } from './testing-group.ts';
import { verifyShared } from './verify-shared.ts';

const never = new AbortController().signal;
const large = 'x'.repeat(1_500_000);
const nothing = { results: 0, runs: 0, deleted: 0, marked: 0, bytes: 0 };

async function shared(t: TestContext) {
  const group = new Group(temporaryFolder(t));
  const maker = await group.clone('maker', group.key('alice'));
  const result = await make(maker, 1, { small: 'one', large });
  await maker.outbox.flush(never);
  return { group, maker, result, bucket: new FolderBucket(group.shared) };
}

/**
 * Whether a new clone gets all of the results that seeds stand for, and nothing in the store is
 * broken.
 */
async function isSound(group: Group): Promise<boolean> {
  const { broken, damaged } = await verifyShared((await group.clone('reader')).remote);
  return broken.length + damaged.length === 0;
}

test('what is young or named stays; without `remove` nothing changes', async (t) => {
  const { bucket, group } = await shared(t);
  const before = group.files('.');
  assert.deepEqual(await collectShared(bucket, { keep: 1e9, remove: true }), nothing);
  assert.deepEqual(group.files('.'), before);
  const { results, marked } = await collectShared(bucket, { keep: -1, remove: false });
  assert.deepEqual([results, marked], [1, 2]);
  assert.deepEqual(group.files('.'), before);
});

test('bytes that nothing names are marked first, and removed after the delay', async (t) => {
  const { bucket, group } = await shared(t);
  const first = await collectShared(bucket, { keep: -1, remove: true });
  assert.deepEqual([first.results, first.marked, first.deleted], [1, 2, 0]);
  assert.equal(group.files('objects').length + group.files('packs').length, 2);
  assert.deepEqual(await collectShared(bucket, { keep: -1, delay: 1e9, remove: true }), nothing);
  assert.equal((await collectShared(bucket, { keep: -1, delay: 0, remove: true })).deleted, 2);
  assert.equal(group.files('objects').length + group.files('packs').length, 0);
  assert.equal(
    group.files('garbage').length,
    1,
    'pushes use none of the names until another delay is over',
  );
  assert.deepEqual(await collectShared(bucket, { keep: -1, delay: 0, remove: true }), nothing);
  assert.equal(group.files('garbage').length, 0);
});

test('a push sends marked bytes again under other names, so that removing the marked ones is safe', async (t) => {
  const { bucket, group, maker } = await shared(t);
  await collectShared(bucket, { keep: -1, remove: true });
  await make(maker, 2, { small: 'one', large });
  await maker.outbox.flush(never);
  assert.equal(group.files('objects').length, 2);
  assert.equal((await collectShared(bucket, { keep: 1e9, delay: 0, remove: true })).deleted, 2);
  assert.equal(group.files('objects').length, 1);
  assert.equal(await isSound(group), true);
});

test('what a push named after it was marked stays', async (t) => {
  const { bucket, group, maker, result } = await shared(t);
  const entry = group.files('results')[0]!;
  const kept = await bucket.get(entry.slice(group.shared.length + 1));
  rmSync(entry);
  assert.equal((await collectShared(bucket, { keep: 1e9, remove: true })).marked, 2);
  await bucket.put(entry.slice(group.shared.length + 1), kept!);
  assert.deepEqual(await collectShared(bucket, { keep: 1e9, delay: 0, remove: true }), nothing);
  assert.equal(await isSound(group), true);
  assert.equal((await (await group.clone('other')).lookup(result.digest)).state, 'elsewhere');
  assert.ok(maker);
});

test('temporary files of killed pushes are removed once no push can own them', async (t) => {
  const { bucket, group } = await shared(t);
  const places = [
    'objects/ab',
    'packs/cd',
    'results/ef',
    'runs/p-0123456789ab/2026-01-01',
    'garbage',
  ];
  const names = ['old', 'new'].flatMap((age) =>
    places.map((place) => `${place}/.tmp-000000-1-${age}`),
  );
  writeFiles(group.shared, Object.fromEntries(names.map((name) => [name, 'cut short'])));
  for (const name of names.filter((name) => name.endsWith('old')))
    utimesSync(join(group.shared, name), 0, 0);
  const temporary = () => group.files('.').filter((path) => path.includes('/.tmp-'));
  assert.equal((await collectShared(bucket, { keep: 1e9, remove: false })).deleted, 5);
  assert.equal(temporary().length, 10);
  assert.deepEqual(await collectShared(bucket, { keep: 1e9, remove: true }), {
    ...nothing,
    deleted: 5,
  });
  assert.deepEqual(
    temporary(),
    names
      .filter((name) => name.endsWith('new'))
      .map((name) => join(group.shared, name))
      .sort(),
  );
  assert.equal(await isSound(group), true);
});

test('the results of the newest run stay, however old', async (t) => {
  const { bucket, group, maker, result } = await shared(t);
  const stages = { fit: { result: result.digest, outputs: { out: 'out' }, isFinal: true } };
  maker.outbox.shareRun({ run: '2026-01-01', pipeline: 'p', stages: {} }, undefined);
  maker.outbox.shareRun({ run: '2026-01-02', pipeline: 'p', stages }, undefined);
  await maker.outbox.flush(never);
  const { runs, results } = await collectShared(bucket, { keep: -1, remove: true });
  assert.deepEqual([runs, results], [1, 0]);
  assert.equal(await isSound(group), true);
});

test('what leads to the result of the newest run stays with it', async (t) => {
  const group = new Group(temporaryFolder(t));
  const maker = await group.clone('maker', group.key('alice'));
  const alone = await make(maker, 1, { small: 'one' });
  const result = { ...alone, loaded: [{ version: 'before', files: ['lib/net.py'] }] };
  await maker.local.writeResult(result);
  maker.outbox.share(result);
  const stages = { fit: { result: result.digest, outputs: { out: 'out' }, isFinal: true } };
  maker.outbox.shareRun({ run: '2026-01-01', pipeline: 'p', stages }, undefined);
  await maker.outbox.flush(never);
  const { results } = await collectShared(new FolderBucket(group.shared), {
    keep: -1,
    remove: true,
  });
  assert.deepEqual([results, group.files('results').length], [0, 2]);
  const reader = await group.clone('reader');
  const [signpost] = signpostsOf(result);
  const lookup = await reader.lookup(signpost!.digest);
  assert.deepEqual(lookup.state === 'missing' ? lookup : lookup.result.leadsTo, ['lib/net.py']);
});

test('verify names damaged bytes, and results that lack some', async (t) => {
  const { group } = await shared(t);
  assert.equal(await isSound(group), true);
  group.flip(group.files('objects')[0]!);
  const { broken, damaged, results } = await verifyShared((await group.clone('reader')).remote);
  assert.deepEqual([results, broken.length], [1, 1]);
  assert.deepEqual(
    damaged.map((key) => join(group.shared, key)),
    group.files('objects'),
  );
});

test('gc neither removes nor marks a file that Restage did not write', async (t) => {
  const { bucket, group } = await shared(t);
  const digest = 'ab'.repeat(32);
  const foreign = [
    'results/measurements.csv',
    `results/ab/${digest}.json`, // as a cache names it
    'objects/part.stl',
    `objects/${digest}`,
    'packs/ab/notes.txt',
    'runs/monday/log.json',
    'garbage/list.json',
    'objects/.tmp-of-mine',
    'photos/.tmp-000000-1-old',
  ].map((name) => join(group.shared, name));
  writeFiles('/', Object.fromEntries(foreign.map((path) => [path, 'theirs'])));
  for (const path of foreign) utimesSync(path, 0, 0);
  const counts = { ...nothing, results: 1 };
  assert.deepEqual(await collectShared(bucket, { keep: -1, delay: 0, remove: true }), {
    ...counts,
    marked: 2,
    bytes: 1_500_003,
  });
  assert.equal((await collectShared(bucket, { keep: -1, delay: 0, remove: true })).deleted, 2);
  assert.deepEqual(
    group.files('.').filter((path) => foreign.includes(path)),
    foreign.toSorted(),
  );
});

for (const at of ['results', 'objects', 'packs', 'runs', 'results/ab', 'objects/ab']) {
  test(`gc stops at a link in place of ${at}, and removes nothing behind it`, async (t) => {
    const { bucket, group } = await shared(t);
    const foreign = join(group.root, 'other');
    const inside = {
      results: `ab/${'ab'.repeat(32)}-${'0'.repeat(16)}.json`,
      objects: `ab/${'ab'.repeat(32)}`,
    };
    const name = at.startsWith('objects') || at === 'packs' ? inside.objects : inside.results;
    writeFiles(foreign, { [at.includes('/') ? name.slice(3) : name]: 'theirs' });
    const link = join(group.shared, at);
    mkdirSync(join(link, '..'), { recursive: true });
    rmSync(link, { recursive: true, force: true });
    symlinkSync(foreign, link);
    const before = readdirSync(foreign, { recursive: true });
    for (const path of before) utimesSync(join(foreign, String(path)), 0, 0);
    await assert.rejects(collectShared(bucket, { keep: -1, delay: 0, remove: true }), {
      message: `${link} is a link, and a store holds none: whoever made it must remove it`,
    });
    assert.deepEqual(readdirSync(foreign, { recursive: true }), before);
  });
}
