import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../../../../test/support/temporary-folder.ts';
import type { StageResult } from '../stage-result.ts';
import { storeText } from './buckets/bucket.ts';
import { openEnvelope, resultKey } from './envelope.ts';
import type { SigningKey } from './keys.ts';
import { loadStoreFile } from './store-file.ts';
import { StoreList } from './store-list.ts';
import { Group, make } from './testing-group.ts';

const never = new AbortController().signal;
const large = 'x'.repeat(1_500_000);

/**
 * A group whose store has a result of alice, and a bob who asks an empty store near him before it.
 */
async function twoStores(t: TestContext) {
  const group = new Group(temporaryFolder(t));
  const alice = group.key('alice');
  const bob = group.key('bob');
  const near = join(group.root, 'near');
  writeFiles(near, { 'store.json': storeText() });
  const maker = await group.clone('maker', alice);
  const result = await make(maker, 1, { 'a/b': 'small', c: large });
  await maker.outbox.flush(never);
  const open = (name: string, key?: SigningKey, stores = [near, group.shared]) =>
    openList(group, name, { key, stores });
  return { group, alice, bob, near, maker, result, open };
}

async function openList(
  group: Group,
  name: string,
  { key, stores }: { readonly key: SigningKey | undefined; readonly stores: readonly string[] },
): Promise<StoreList> {
  const root = join(group.root, name);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'store.yaml'), JSON.stringify({ stores, keys: group.keys }));
  const file = loadStoreFile(root);
  assert.ok(file.ok && file.value !== undefined);
  const listener = { warn: (text: string) => void group.warnings.push(text) };
  return await StoreList.open(root, file.value, listener, { key, env: {} });
}

/** Uses a result as a run does that restores all of its outputs. */
async function restore(list: StoreList, { digest }: StageResult): Promise<boolean> {
  const lookup = await list.lookup(digest);
  if (lookup.state === 'missing') return false;
  const { outputs, record } = lookup.result;
  if (!(await list.fetch(Object.values(outputs), record.log))) return false;
  await list.markUsed(digest);
  return true;
}

const entriesIn = (folder: string): readonly string[] =>
  existsSync(join(folder, 'results'))
    ? readdirSync(join(folder, 'results'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.json'),
      )
    : [];

test('what only the further store has is used from there, and goes to the written one with the signature of its owner', async (t) => {
  const { group, alice, bob, near, result, open } = await twoStores(t);
  const list = await open('reader', bob);
  assert.deepEqual(await list.lookup(result.digest), { state: 'elsewhere', result });
  assert.equal(await restore(list, result), true);
  await list.flush(never);
  await list.close();
  const key = resultKey(result.digest, alice.id);
  assert.deepEqual(entriesIn(near), [key.slice('results/'.length)]);
  const bytes = readdirSync(join(near, 'objects'), { recursive: true });
  assert.equal(bytes.length, 2, 'a folder and the large object');

  renameSync(group.shared, `${group.shared}-away`);
  const later = await open('later', undefined, [near]);
  assert.equal(await restore(later, result), true);
  assert.deepEqual(group.warnings, []);
});

test('the stores are asked in their order: what the first one has is not looked for in others', async (t) => {
  const { group, bob, near, result, open } = await twoStores(t);
  const first = await open('first', bob);
  await restore(first, result);
  await first.flush(never);
  rmSync(join(group.shared, 'results'), { recursive: true });
  rmSync(join(group.shared, 'objects'), { recursive: true });
  const list = await open('second');
  assert.equal(await restore(list, result), true);
  assert.ok(list.stores[0]!.records.read(result.digest) !== undefined);
  assert.equal(list.stores[1]!.records.read(result.digest), undefined);
  assert.equal(list.written.remote.url, near);
});

test('bytes that the first store has lost or damaged come from the next one', async (t) => {
  for (const harm of ['flip', 'remove'] as const) {
    const { group, bob, near, result, open } = await twoStores(t);
    const first = await open('first', bob);
    await restore(first, result);
    await first.flush(never);
    for (const folder of ['objects', 'packs']) {
      for (const name of readdirSync(join(near, folder), { recursive: true, encoding: 'utf8' })) {
        const path = join(near, folder, name);
        if (!/[0-9a-f]{64}$/.test(path)) continue;
        if (harm === 'flip') group.flip(path);
        else rmSync(path);
      }
    }
    const list = await open('second', bob);
    assert.equal((await list.lookup(result.digest)).state, 'elsewhere');
    assert.equal(await restore(list, result), true, harm);
    const missing = await list.local.missingObjects(result.outputs['out']!);
    assert.deepEqual(missing, []);
    assert.match(group.warnings[0]!, /objects in \S+near are gone or damaged/);
  }
});

test('where the written store is down, a run warns once, uses the others, and what it made goes there later', async (t) => {
  const { group, bob, near, result, open } = await twoStores(t);
  renameSync(near, `${near}-away`);
  const list = await open('reader', bob);
  assert.equal(await restore(list, result), true);
  const made = await make(list.written, 2, { d: 'made here' });
  list.share(made);
  await list.flush(never);
  await list.close();
  assert.deepEqual(group.warnings, [
    `The store ${near} cannot be reached (the folder ${near} is not there): this run continues without it`,
    `2 results did not reach ${near}: \`restage store push\` sends what is left`,
  ]);
  renameSync(`${near}-away`, near);
  const again = await open('reader', bob);
  await again.flush(never);
  assert.equal(entriesIn(near).length, 2);
});

test('where a further store is down, a run warns once and goes on with the others', async (t) => {
  const { group, bob, near, result, open } = await twoStores(t);
  renameSync(group.shared, `${group.shared}-away`);
  const list = await open('reader', bob);
  assert.deepEqual(await list.lookup(result.digest), { state: 'missing' });
  const made = await make(list.written, 2, { d: 'made here' });
  list.share(made);
  await list.flush(never);
  assert.equal(entriesIn(near).length, 1);
  assert.deepEqual(group.warnings, [
    `The store ${group.shared} cannot be reached (the folder ${group.shared} is not there): this run continues without it`,
  ]);
});

test('a result goes to the written store once all of its bytes are here', async (t) => {
  const { bob, near, result, open } = await twoStores(t);
  const list = await open('reader', bob);
  await list.lookup(result.digest);
  await list.markUsed(result.digest);
  await list.flush(never);
  assert.deepEqual(entriesIn(near), []);
  assert.deepEqual(list.written.records.unsent(), []);

  const later = await open('reader', bob);
  await later.lookup(result.digest);
  await later.markUsed(result.digest); // its bytes come with a reader of it
  assert.equal(await later.fetch(Object.values(result.outputs), result.record.log), true);
  await later.flush(never);
  assert.equal(entriesIn(near).length, 1);
});

test('a run that is killed before it has sent what came leaves it to the next push', async (t) => {
  const { bob, near, result, open } = await twoStores(t);
  const killed = await open('reader', bob);
  assert.equal(await restore(killed, result), true);
  assert.deepEqual(entriesIn(near), []);
  const next = await open('reader', bob);
  assert.deepEqual(await next.written.outbox.send(), { sent: 1, failed: 0 });
  assert.equal(entriesIn(near).length, 1);
});

test('a push to another store never signs what somebody else made', async (t) => {
  const { group, alice, bob, near, result, open } = await twoStores(t);
  const list = await open('reader', bob);
  await restore(list, result);
  const other = await make(list.written, 2, { d: 'made here' });
  await list.written.outbox.send([result.digest, other.digest]);
  const names = entriesIn(near).map((name) => name.slice(3));
  assert.deepEqual(
    names.toSorted(),
    [`${result.digest}-${alice.id}.json`, `${other.digest}-${bob.id}.json`].toSorted(),
  );

  // Its store is away, so that nobody knows what alice signed.
  const { records } = list.written;
  records.remove(result.digest);
  rmSync(join(near, 'results'), { recursive: true });
  renameSync(group.shared, `${group.shared}-away`);
  const alone = await open('reader', bob);
  assert.deepEqual(await alone.written.outbox.send([result.digest]), { sent: 0, failed: 0 });
  assert.deepEqual(entriesIn(near), []);
});

test('a result of a revoked key is neither used nor passed on, whichever store it came from', async (t) => {
  const { group, bob, near, result, open } = await twoStores(t);
  const list = await open('reader', bob);
  assert.equal(await restore(list, result), true);
  delete group.keys['alice'];
  const later = await open('reader', bob);
  assert.deepEqual(await later.lookup(result.digest), { state: 'missing' });
  await later.flush(never);
  assert.deepEqual(entriesIn(near), []);
});

test('a result that is made here in place of one of another store is signed by its maker', async (t) => {
  const { bob, near, result, open } = await twoStores(t);
  const list = await open('reader', bob);
  assert.equal(await restore(list, result), true);
  list.share(result); // a stage that was forced to run gave the same
  await list.flush(never);
  assert.deepEqual(
    entriesIn(near).map((name) => name.slice(3)),
    [`${result.digest}-${bob.id}.json`],
  );
});

test('what came from a store that the project no longer names is used, is never signed by others, and is gone with its key', async (t) => {
  const { group, bob, near, result, open } = await twoStores(t);
  assert.equal(await restore(await open('reader', bob, [group.shared]), result), true);
  const moved = await open('reader', bob, [near]);
  const mine = await make(moved.written, 2, { own: 'made here' });
  assert.equal((await moved.lookup(result.digest)).state, 'here');
  assert.deepEqual(
    [moved.written.isOfFormer(result.digest), moved.written.isOfFormer(mine.digest)],
    [true, false],
  );
  const { sent } = await moved.written.outbox.send([result.digest, mine.digest]);
  assert.deepEqual(
    [sent, entriesIn(near).map((name) => name.slice(3))],
    [1, [`${mine.digest}-${bob.id}.json`]],
  );
  delete group.keys['alice'];
  const later = await open('reader', bob, [near]);
  assert.deepEqual(await later.lookup(result.digest), { state: 'missing' });
});

test('an entry that the written store got names bytes that are there', async (t) => {
  const { alice, bob, near, group, result, open } = await twoStores(t);
  const list = await open('reader', bob);
  await restore(list, result);
  await list.flush(never);
  const entry = await list.written.remote.bucket.get(resultKey(result.digest, alice.id));
  const { locations } = openEnvelope('result', entry!, alice.text)!;
  for (const { key, start, length } of locations.values()) {
    const size = (await list.written.remote.bucket.head(key)) ?? 0;
    assert.ok(size >= start + length, key);
  }
  assert.equal(locations.size, result.outputs['out']!.files.length);
  assert.ok(group.files('results').length === 1 && near !== group.shared);
});
