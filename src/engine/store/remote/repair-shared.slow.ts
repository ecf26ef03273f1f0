import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import type { StageResult } from '../stage-result.ts';
import type { Entry } from './entry.ts';
import { RemoteStore } from './remote-store.ts';
import { damagedEntries, noteMissing, repairShared } from './repair-shared.ts';
import type { SharedStore } from './shared-store.ts';
import { CountingBucket, Group, make } from './testing-group.ts';
import { verifyShared } from './verify-shared.ts';

const never = new AbortController().signal;
const large = 'x'.repeat(1_500_000);
const files = { 'a/b': 'first', 'a/c': 'second', large };

/** Alice shared a result, and a stranger damaged a file of the store. */
async function damaged(
  t: TestContext,
  folder: string,
  damage: (group: Group, path: string) => void,
) {
  const group = new Group(temporaryFolder(t));
  const keys = { alice: group.key('alice'), bob: group.key('bob') };
  const alice = await group.clone('alice', keys.alice);
  const result = await make(alice, 1, files);
  await alice.outbox.flush(never);
  const [path] = group.files(folder);
  damage(group, path!);
  return { group, keys, alice, result, bob: await group.clone('bob', keys.bob) };
}

const flip = (group: Group, path: string) => group.flip(path, 0.9999);
const damages = {
  flipped: flip,
  cut: (_: Group, path: string) => truncateSync(path, 3),
  gone: (_: Group, path: string) => rmSync(path),
};

/** Whether a store gets all bytes of a result. */
async function gets(store: SharedStore, { digest, outputs }: StageResult): Promise<boolean> {
  if ((await store.lookup(digest)).state === 'missing') return false;
  return await store.fetch(Object.values(outputs));
}

async function repair(store: SharedStore, entries: readonly Entry[], page = '') {
  const { mended, left } = await repairShared(store, entries, () => page);
  return { mended: mended.length, left: left.length };
}

const faultsOf = async (group: Group) =>
  await verifyShared((await group.clone(`reader-${Math.random()}`)).remote);

for (const folder of ['objects', 'packs']) {
  for (const [what, damage] of Object.entries(damages)) {
    test(`bytes in ${folder} that are ${what} are sent anew by whoever computes them again, and serve everyone`, async (t) => {
      const { group, keys, result, bob } = await damaged(t, folder, damage);
      assert.equal(await gets(bob, result), false);
      const count = folder === 'packs' && what !== 'flipped' ? 2 : 1;
      const remedy = '`restage store verify --repair`, by someone who has them, sends them again';
      assert.deepEqual(group.warnings, [
        `${count} of the objects in ${group.shared} are gone or damaged: ${remedy}`,
      ]);
      // The process may be killed before it sends what it made: a later one knows as much.
      const later = await group.clone('bob', keys.bob);
      assert.deepEqual(await make(later, 1, files), result);
      assert.deepEqual(await later.outbox.send(), { sent: 1, failed: 0 });
      const third = await group.clone('carol');
      assert.equal(await gets(third, result), true);
      assert.equal(
        group.warnings.length,
        1,
        'another entry serves where one leads to damaged bytes',
      );
    });

    test(`bytes in ${folder} that are ${what} are sent anew by a repair of someone who has them`, async (t) => {
      const { group, result, alice } = await damaged(t, folder, damage);
      const { broken, locations } = await verifyShared(alice.remote);
      alice.records.damage.replace(locations);
      assert.deepEqual(await repair(alice, broken), { mended: 1, left: 0 });
      const { broken: still, damaged: bad } = await faultsOf(group);
      assert.deepEqual([still, bad], [[], []]);
      assert.equal(await gets(await group.clone('carol'), result), true);
      assert.deepEqual(group.warnings, []);
    });
  }
}

for (const what of ['cut', 'gone'] as const) {
  test(`a push notices by names and sizes what is ${what}, and sends it again`, async (t) => {
    const { group, alice, result } = await damaged(t, 'packs', damages[what]);
    await noteMissing(alice);
    assert.deepEqual(await repair(alice, damagedEntries(alice)), { mended: 1, left: 0 });
    assert.equal(await gets(await group.clone('carol'), result), true);
  });
}

test('a repair keeps the signature of whoever signed, and needs the bytes, not the key', async (t) => {
  const { group, result, bob } = await damaged(t, 'packs', () => {});
  assert.equal(await gets(bob, result), true);
  await bob.markUsed(result.digest);
  const before = group.files('results');
  group.flip(group.files('packs')[0]!, 0.9999);
  const { broken, locations } = await verifyShared(bob.remote);
  bob.records.damage.replace(locations);
  assert.deepEqual(await repair(bob, broken), { mended: 1, left: 0 });
  assert.deepEqual(group.files('results'), before, 'no entry of bob is needed');
  assert.deepEqual((await faultsOf(group)).broken, []);
  const empty = await group.clone('empty', group.key('carol'));
  group.flip(group.files('objects')[0]!);
  const faults = await verifyShared(empty.remote);
  empty.records.damage.replace(faults.locations);
  assert.deepEqual(await repair(empty, faults.broken), { mended: 0, left: 1 });
});

test('a damaged entry is signed again by its owner', async (t) => {
  const { group, alice, result } = await damaged(t, 'results', flip);
  // Which its locations hid.
  for (const path of [...group.files('objects'), ...group.files('packs')]) flip(group, path);
  const { broken } = await verifyShared(alice.remote);
  assert.equal(broken.length, 1);
  assert.deepEqual(await repair(alice, broken), { mended: 1, left: 0 });
  assert.deepEqual((await faultsOf(group)).broken, []);
  assert.equal(await gets(await group.clone('carol'), result), true);
});

test('where a result cannot be computed to the same bytes, the entry that leads to all of its bytes is used', async (t) => {
  const { group, result, bob } = await damaged(t, 'objects', flip);
  assert.equal(await gets(bob, result), false);
  const secondResult = await make(bob, 1, { ...files, large: large.replace('x', 'y') });
  await bob.outbox.flush(never);
  const carol = await group.clone('carol');
  assert.deepEqual(await carol.lookup(result.digest), { state: 'elsewhere', result });
  assert.equal(await carol.fetch(Object.values(result.outputs)), false);
  assert.deepEqual(await carol.lookup(result.digest), { state: 'elsewhere', result: secondResult });
  assert.equal(await carol.fetch(Object.values(secondResult.outputs)), true);
  await carol.markUsed(result.digest);
  assert.deepEqual(await carol.lookup(result.digest), { state: 'here', result: secondResult });
});

test('verify ends where the bytes do: a stranger may write a place of any length', async (t) => {
  const { group, alice } = await damaged(t, 'results', (_, path) => {
    const entry = JSON.parse(readFileSync(path, 'utf8'));
    for (const place of Object.values<number[]>(entry.at)) place[2] = Number.MAX_SAFE_INTEGER;
    writeFileSync(path, JSON.stringify(entry));
  });
  const bucket = new CountingBucket(group.shared);
  bucket.onGet = () => assert.ok(bucket.gets.length < 100, 'it reads on and on');
  const remote = new RemoteStore(
    { url: group.shared, keys: Object.values(group.keys) },
    bucket,
    undefined,
    () => {},
  );
  const { broken, locations } = await verifyShared(remote);
  alice.records.damage.replace(locations);
  assert.deepEqual(await repair(alice, broken), { mended: 1, left: 0 });
  assert.deepEqual((await faultsOf(group)).broken, []);
});

test('verify reads the pages that runs name, and a repair sends them again', async (t) => {
  const { group, alice, result } = await damaged(t, 'packs', () => {});
  const page = join(
    writeFiles(group.root, { 'report.html': `<p>${result.digest}</p>` }),
    'report.html',
  );
  alice.outbox.shareRun({ run: '2026-01-01', pipeline: 'p', stages: {} }, page);
  await alice.outbox.flush(never);
  group.flip(group.files('packs').find((path) => statSync(path).size === statSync(page).size)!);
  const { broken, damaged: bad, locations } = await verifyShared(alice.remote);
  assert.equal(bad.length, 1);
  assert.deepEqual(
    broken.map(({ kind }) => kind),
    ['run'],
  );
  alice.records.damage.replace(locations);
  assert.deepEqual(await repair(alice, broken, join(group.root, 'another.html')), {
    mended: 0,
    left: 1,
  });
  assert.deepEqual(await repair(alice, broken, page), { mended: 1, left: 0 });
  assert.deepEqual((await faultsOf(group)).broken, []);
});
